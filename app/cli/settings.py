"""The settings of a command."""

import os
import sys
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.config import Settings, find_unknown_settings, variable_of_setting

_SEE_SETTINGS = "See docs/settings.md."


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises SystemExit with status 2 if they are invalid, after a line about each problem.
    """
    problems = find_setting_problems()
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if problems:
        raise SystemExit(2)
    return Settings()


def find_setting_problems() -> list[str]:
    """A line for each unknown setting in the environment, and for each invalid value."""
    problems = []
    for name in find_unknown_settings(os.environ):
        stem = name.lower().removeprefix("zarya_")
        nearest = get_close_matches(stem, Settings.model_fields, 1)
        hint = f"Did you mean {variable_of_setting(nearest[0])}?" if nearest else _SEE_SETTINGS
        problems.append(f"{name}: no such setting. {hint}")
    try:
        Settings()
    except ValidationError as error:
        problems += map(_describe_problem, error.errors())
    return problems


def _describe_problem(error: ErrorDetails) -> str:
    """A line about an invalid value, or about values that contradict each other."""
    names = [variable_of_setting(str(part)) for part in error["loc"]]
    return ": ".join([*names, error["msg"].removeprefix("Value error, ")])

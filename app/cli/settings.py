"""The settings of a command."""

import sys

from pydantic import ValidationError

from app.config import Settings


def read_settings() -> Settings:
    """Read the settings from the environment.

    Raises SystemExit with status 2 if they are invalid, after a line about each problem.
    """
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors():
            name = f"ZARYA_{problem['loc'][0]}".upper()
            sys.stderr.write(f"{name}: {problem['msg']}\n")
        raise SystemExit(2) from error

"""Replacement of the program that runs in this process."""

import json
import os
import sys
from typing import Any, NoReturn


def replace_process(module: str, **arguments: Any) -> NoReturn:
    """Run `module` in place of the current program; it reads `arguments` as JSON."""
    # -P: a folder `app` in the current directory is not the application.
    command = [sys.executable, "-P", "-m", module, json.dumps(arguments)]
    os.execv(command[0], command)  # noqa: S606 - a shell is not wanted

"""Write the generated files of the embedded archive, or check that they are current.

Usage: `python -m tools.chronicle [--check]`. With `--check` nothing is written; the exit status is
1 if a file differs.
"""

import argparse
import sys

from app.ingest.dataset.records import DATASET_PATH, read_facts
from tools.chronicle.files import generate_files


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.chronicle", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with the files")
    check = parser.parse_args().check
    outdated = []
    for name, content in generate_files(read_facts()).items():
        path = DATASET_PATH / name
        if not path.exists() or path.read_text("utf-8") != content:
            outdated.append(name)
            if not check:
                path.write_text(content, "utf-8")
    if outdated:
        sys.stdout.write(f"{'Outdated' if check else 'Written'}: {', '.join(outdated)}\n")
    if outdated and check:
        sys.exit(1)


main()

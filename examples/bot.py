"""A bot that posts each launch to the station, once, however often it or the service restarts.

    python3 bot.py http://localhost:8000 bot.json

It needs the standard library of Python, and `following.py` beside it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from following import follow

LAUNCHED = {"in_flight", "success", "partial_failure", "failure"}


def post(launch: dict[str, Any]) -> None:
    """Post a launch: replace this by a request to your chat or social network."""
    spacecraft = ", ".join(each["name"] for each in launch["spacecraft"])
    print(f"Launched: {spacecraft}, {launch['launch_at']}, {launch['url']}", flush=True)


def main(origin: str, state_path: str) -> None:
    """Post what is launched from the first start on. `state_path` keeps the cursor."""
    path = Path(state_path)
    state: dict[str, Any] = {"cursor": None, "known": [], "is_ready": False}
    if path.exists():
        state = json.loads(path.read_text())
    known, is_ready = set(state["known"]), state["is_ready"]
    for batch in follow(origin, "launch", state["cursor"]):
        for change in batch.changes:
            launch = change["data"]
            if launch and launch["status"] in LAUNCHED and change["id"] not in known:
                if is_ready:  # not in the first snapshot
                    post(launch)
                known.add(change["id"])
        is_ready = is_ready or batch.is_complete
        save(path, {"cursor": batch.cursor, "known": sorted(known), "is_ready": is_ready})


def save(path: Path, state: dict[str, Any]) -> None:
    """Replace the file at once, so that a crash leaves the old or the new one."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state))
    new.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Program that follows the people of a service and appends their slugs to a file."""

import asyncio
import sys
from typing import TextIO

from zarya_client import CursorFile, Zarya, follow


async def main(origin: str, cursor: str, file: TextIO) -> None:
    """Follow without end."""
    async with Zarya(origin) as zarya:
        async for change in follow(zarya, CursorFile(cursor), types=["person"]):
            assert change["data"] is not None
            file.write(f"{change['data']['slug']}\n")
            file.flush()


if __name__ == "__main__":
    origin, cursor, target = sys.argv[1:]
    with open(target, "a", encoding="utf-8") as file:
        asyncio.run(main(origin, cursor, file))

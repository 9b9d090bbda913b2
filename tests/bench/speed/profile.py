"""Where the time of the hottest routes goes."""

import asyncio
from pathlib import Path
from typing import Final

from pyinstrument import Profiler
from sqlalchemy import URL

from speed.in_process import platform_here
from speed.work import LIST, ME

_REQUESTS: Final = 2_000
_INTERVAL_SECONDS: Final = 0.0005


def write_profiles(ours: URL, folder: Path) -> list[Path]:
    """Ask for each over and over in this process; return the files that tell where it was."""
    return asyncio.run(_write(ours, folder))


async def _write(ours: URL, folder: Path) -> list[Path]:
    written = []
    async with platform_here(ours) as ask:
        for work in (LIST, ME):
            path, _, query = work.path.partition("?")
            await ask(path, query=query)
            profiler = Profiler(interval=_INTERVAL_SECONDS, async_mode="disabled")
            with profiler:
                for _ in range(_REQUESTS):
                    await ask(path, query=query)
            told = folder / f"{work.name}.profile.txt"
            told.write_text(profiler.output_text(show_all=True, short_mode=True))
            written.append(told)
    return written

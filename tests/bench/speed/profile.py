"""Where the time of the hottest route goes."""

import asyncio
from pathlib import Path
from typing import Final

from pyinstrument import Profiler
from sqlalchemy import URL

from speed.in_process import platform_here
from speed.work import LIST

_REQUESTS: Final = 2_000
_INTERVAL_SECONDS: Final = 0.0005


def write_profile(ours: URL, folder: Path) -> Path:
    """Ask for the list over and over in this process; return the file that tells where it was."""
    return asyncio.run(_write(ours, folder))


async def _write(ours: URL, folder: Path) -> Path:
    path, _, query = LIST.path.partition("?")
    async with platform_here(ours) as ask:
        await ask(path, query=query)
        profiler = Profiler(interval=_INTERVAL_SECONDS, async_mode="disabled")
        with profiler:
            for _ in range(_REQUESTS):
                await ask(path, query=query)
    told = folder / "list.profile.txt"
    told.write_text(profiler.output_text(show_all=True, short_mode=True))
    return told

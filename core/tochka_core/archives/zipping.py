"""A ZIP that is written from front to back, to where nothing can be taken back."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tochka_core.archives.manifest import Contents

_LEVEL: Final = 3
"""Of zlib: half the time of its default, for a tenth more bytes."""


class Zipping:
    """Makes the bytes of an archive, which `take` hands out as they come."""

    def __init__(self) -> None:
        """Begin an archive."""
        self._made = _Made()
        self._zip = ZipFile(self._made, "w", ZIP_DEFLATED, compresslevel=_LEVEL)

    @contextmanager
    def file(self, path: str) -> Iterator["Entry"]:
        """Begin the file *path*; it ends with the block."""
        info = ZipInfo(path, date_time=datetime.now(UTC).timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        with self._zip.open(info, "w", force_zip64=True) as stream:
            yield Entry(stream)

    def close(self) -> None:
        """Write the table of contents; without it the archive is nothing."""
        self._zip.close()

    def take(self) -> bytes:
        """Return what has been made since the last time."""
        return self._made.take()


class Entry:
    """A file of NDJSON while it is written."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Write to *stream*."""
        self._stream = stream
        self._digest = hashlib.sha256()
        self._rows = self._bytes = 0

    def write(self, lines: bytes) -> None:
        """Add *lines*, the last of which may be cut anywhere."""
        self._digest.update(lines)
        self._rows += lines.count(b"\n")
        self._bytes += len(lines)
        self._stream.write(lines)

    @property
    def contents(self) -> Contents:
        """What was written."""
        return Contents(rows=self._rows, bytes=self._bytes, sha256=self._digest.hexdigest())


class _Made:
    """Keeps what is written until it is taken; cannot seek, so that nothing is corrected later."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(part)
        return len(part)

    def flush(self) -> None:
        """Do nothing: it is all there."""

    def close(self) -> None:
        """Do nothing: an archive that is given up is closed when it is forgotten."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken

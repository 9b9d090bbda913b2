"""Reading an archive that anybody may have made; nothing in it is believed, nothing is unpacked."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import msgspec

from tochka_core.archives.manifest import (
    FORMAT_VERSION,
    MANIFEST_PATH,
    PEOPLE_PATH,
    Contents,
    Manifest,
)
from tochka_core.errors import OperatorError

MAX_MANIFEST_BYTES: Final = 16 * 2**20
MAX_DIRECTORY_BYTES: Final = 4 * 2**20
"""Of the ZIP's table of contents, all of which Python keeps in memory."""
MAX_LINE_BYTES: Final = 64 * 2**20
MAX_EXPANSION: Final = 1000
"""How many bytes may come of one: deflate gives 1032 of the same, rows of a tenant 5 to 30."""
_CHUNK_BYTES: Final = 2**18
_MALFORMED: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What `zipfile` raises for a file that is damaged, or made to be."""


class ArchiveRefused(OperatorError):
    """The file is no archive of a tenant, or not a whole one.

    What the message quotes of it stays on the line, and does nothing to a terminal.
    """

    def __init__(self, message: str) -> None:
        """Say *message*, with escapes in the place of all that is not printable."""
        super().__init__(
            "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in message)
        )


class Archive:
    """An archive whose files are all there and as its manifest says."""

    def __init__(self, manifest: Manifest, opened: ZipFile) -> None:
        """Read the files of *opened*; `open_archive` has verified them."""
        self.manifest = manifest
        self._zip = opened

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of the file *path*, without their ends.

        Raises:
            ArchiveRefused: one is too long.
        """
        with self._zip.open(path) as file:
            yield from _split(file, path)


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """Yield the archive in *file*, which was read once from end to end.

    Raises:
        ArchiveRefused: it is damaged, is none, or holds anything else.
    """
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(file.open("rb"))
            _check_directory(stream)
            opened = stack.enter_context(ZipFile(stream))
            archive = Archive(_verified(opened, stream), opened)
        except _MALFORMED as error:
            what = f"{file} is no archive of a tenant, or is damaged"
            raise ArchiveRefused(f"{what}: {error}") from error
        yield archive


def _check_directory(stream: IO[bytes]) -> None:
    """Refuse a table of contents that is larger than that of any archive of ours."""
    size = stream.seek(0, 2)
    stream.seek(-min(size, 98), 2)
    tail = stream.read().rjust(98, b"\0")
    if tail[76:80] != b"PK\5\6":
        raise BadZipFile("it has no end")
    (length,) = struct.unpack("<L", tail[88:92])
    if tail[56:60] == b"PK\6\7":  # ZIP64: the length stands in a record of its own
        (length,) = struct.unpack("<Q", tail[40:48])
    if length > MAX_DIRECTORY_BYTES:
        raise BadZipFile("its table of contents is too long")


def _verified(opened: ZipFile, stream: IO[bytes]) -> Manifest:
    """Return the manifest of *opened*, all of whose files are as it says."""
    files = opened.infolist()
    _check_sizes(files, stream.seek(0, 2))
    manifest = _manifest(opened)
    described = {table.path: table.contents for table in manifest.tables}
    described[PEOPLE_PATH] = manifest.people
    if len(described) != len(manifest.tables) + 1:
        raise BadZipFile("its manifest names a table twice")
    names = [file.filename for file in files]
    for name in sorted({*names, MANIFEST_PATH, *described}):
        if name != MANIFEST_PATH and name not in described:
            raise BadZipFile(f"{name!r} is not in its manifest")
        if names.count(name) != 1:
            raise BadZipFile(f"{name} is missing, or there twice")
    for path, contents in described.items():
        if _contents(opened, path, contents.bytes) != contents:
            raise BadZipFile(f"{path} is not what the manifest says")
    return manifest


def _check_sizes(files: list[ZipInfo], size: int) -> None:
    """Refuse a bomb before anything is unpacked."""
    for file in files:
        if file.compress_type != ZIP_DEFLATED or file.flag_bits & 1:
            raise BadZipFile(f"{file.filename!r} is not packed as an export packs it")
        if file.file_size > MAX_EXPANSION * max(file.compress_size, 2**10):
            raise BadZipFile(f"{file.filename!r} unpacks to too many bytes")
    if sum(file.compress_size for file in files) > size:
        raise BadZipFile("its files overlap")


def _manifest(opened: ZipFile) -> Manifest:
    try:
        with opened.open(MANIFEST_PATH) as file:
            document = file.read(MAX_MANIFEST_BYTES + 1)
    except KeyError:
        raise BadZipFile(f"it has no {MANIFEST_PATH}") from None
    if len(document) > MAX_MANIFEST_BYTES:
        raise BadZipFile("its manifest is too long")
    try:
        version = msgspec.json.decode(document, type=_Version).format_version
        if version != FORMAT_VERSION:
            raise ArchiveRefused(
                f"The archive is of format {version}; this version of the platform reads"
                f" {FORMAT_VERSION}."
            )
        return msgspec.json.decode(document, type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadZipFile(f"its manifest is malformed: {error}") from error


class _Version(msgspec.Struct):
    format_version: int


def _contents(opened: ZipFile, path: str, length: int) -> Contents:
    """Return what the file *path* holds, which is not read further than *length* and a bit."""
    digest, rows, read = hashlib.sha256(), 0, 0
    with opened.open(path) as file:
        while read <= length and (chunk := file.read(_CHUNK_BYTES)):
            digest.update(chunk)
            rows += chunk.count(b"\n")
            read += len(chunk)
    return Contents(rows=rows, bytes=read, sha256=digest.hexdigest())


def _split(file: IO[bytes], path: str) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if not line.endswith(b"\n"):
            raise ArchiveRefused(f"{path} has a line that is too long, or does not end.")
        yield line[:-1]

"""Which files a change touches: those of the distributions that go and of the wheels that come."""

import sys
import sysconfig
import zipfile
from collections.abc import Collection, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from tochka_core.errors import OperatorError

_ADDED_BY_PIP: Final = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")
_SCRIPTS: Final = ("console_scripts", "gui_scripts")


def footprint(names: Collection[str], wheels: Sequence[Path] = ()) -> set[Path]:
    """Return every file of the installed distributions *names* and of *wheels*, there or not."""
    installed = [item for item in distributions() if canonicalize_name(item.name) in names]
    found = {path for item in installed for path in _files(item)}
    return found | {path for wheel in wheels for path in _files_to_come(wheel)}


def refuse_overwriting(names: Collection[str], wheels: Sequence[Path]) -> None:
    """Refuse *wheels* that bring files of each other, or of distributions that stay.

    *names* are the distributions that they replace.

    Raises:
        OperatorError: one does; removing it later would tear a hole into the other.
    """
    coming: dict[Path, Path] = {}
    for wheel in wheels:
        for path in _files_to_come(wheel):
            first = coming.setdefault(path, wheel)
            if first != wheel:
                raise OperatorError(f"{wheel.name} would overwrite {path} of {first.name}.")
    for item in distributions():
        if canonicalize_name(item.name) in names:
            continue
        for path in coming.keys() & set(_files(item)):
            raise OperatorError(f"{coming[path].name} would overwrite {path} of {item.name}.")


def _files(distribution: Distribution) -> Iterator[Path]:
    for file in distribution.files or ():
        yield Path(str(file.locate())).resolve()


def _files_to_come(wheel: Path) -> Iterator[Path]:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    yield from map(_destination, names)
    metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
    yield from (_destination(str(Path(metadata).with_name(name))) for name in _ADDED_BY_PIP)
    (described,) = distributions(path=[str(wheel)])
    for group in _SCRIPTS:
        for script in described.entry_points.select(group=group):
            yield _folder("scripts") / script.name


def _destination(name: str) -> Path:
    """Return where pip puts the file *name* of a wheel."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return _folder("purelib") / name
    kind, _, rest = rest.partition("/")
    return (Path(sys.prefix).resolve() if kind == "data" else _folder(kind)) / rest


def _folder(kind: str) -> Path:
    paths = sysconfig.get_paths()
    return Path(paths["include"] if kind == "headers" else paths[kind]).resolve()

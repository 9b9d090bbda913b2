"""What is to be checked: an installed module, or what a folder or a wheel holds."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from tochka_plugins import NotFound
from tochka_plugins.host import discover
from tochka_plugins.host.gating import CORE_DISTRIBUTION

from tochka_core import __version__
from tochka_core.errors import OperatorError
from tochka_core.installation import pip

_WHEEL: Final = ".whl"


class Subject(msgspec.Struct, frozen=True):
    """A module, and where it is."""

    name: str
    version: str | None
    beside: Path | None = None
    """A folder to be put before the environment; `None` where it is installed."""


@contextmanager
def find_subjects(words: Sequence[str]) -> Iterator[Sequence[Subject]]:
    """Yield what *words* name, each a module or a path; all installed modules without any.

    A project is built, and what it needs is fetched where it is not installed; both lie beside the
    environment, which stays as it is.

    Raises:
        NotFound: there is no such module, and no such path.
        OperatorError: it cannot be built, or is no module.
    """
    installed = {item.name: Subject(item.name, item.version) for item in discover()}
    if not words and not installed:
        raise NotFound("No modules are installed; name a project's folder, or a wheel.")
    with tempfile.TemporaryDirectory(prefix="tochka-check-") as folder:
        found: list[Subject] = [] if words else list(installed.values())
        for number, word in enumerate(words):
            if word in installed:
                found.append(installed[word])
            elif Path(word).exists():
                found += _unpack(Path(word), Path(folder, str(number)))
            else:
                raise NotFound(f"There is no installed module {word!r}, and no such path.")
        yield found


def _unpack(path: Path, folder: Path) -> Sequence[Subject]:
    """Install what *path* holds, and what it lacks, into *folder*."""
    wheels, beside = folder / "wheels", folder / "beside"
    wheel = path.resolve() if path.suffix == _WHEEL else pip.build_wheel(path.resolve(), wheels)
    wanted = [str(wheel), f"{CORE_DISTRIBUTION}=={__version__}"]
    own = pip.distribution_of(wheel)
    lacking = [step for step in pip.resolve(wanted) if step.distribution != own]
    needed = pip.collect_wheels(lacking, folder / "needed", options=()) if lacking else []
    pip.install_beside([wheel, *needed], beside)
    found = [
        Subject(item.name, item.version, beside)
        for item in discover([str(beside)])
        if item.distribution == own
    ]
    if not found:
        raise OperatorError(f"{path} is no module: it has no entry point in tochka.modules.")
    return found

"""What pip is asked for: which distributions a requirement brings, their wheels, their files."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from tochka_core.errors import OperatorError

_CONFLICT: Final = re.compile(
    r"^The conflict is caused by:\n(.*?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL
)


class Step(msgspec.Struct, frozen=True):
    """A distribution that is installed, or replaced."""

    distribution: str
    """The canonical name (PEP 503)."""
    version: str
    installed: str | None
    """The version that it replaces."""
    requirement: str
    """What pip fetches exactly this by."""


class _Origin(msgspec.Struct):
    url: str


class _Metadata(msgspec.Struct):
    name: str
    version: str


class _Item(msgspec.Struct):
    download_info: _Origin
    metadata: _Metadata
    is_direct: bool


class _Report(msgspec.Struct):
    install: list[_Item]


def resolve(
    requirements: Sequence[str], *, options: Sequence[str] = (), upgrade: bool = False
) -> list[Step]:
    """Return what pip would install for *requirements*, with what they need; install nothing.

    *options* are pip's own, such as an index. *upgrade* asks for newer versions of what is there.

    Raises:
        OperatorError: pip finds no answer; the message is pip's own.
    """
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        _pip(
            "install",
            "--dry-run",
            f"--report={report.name}",
            *(["--upgrade"] if upgrade else []),
            *options,
            *requirements,
            explains=True,
        )
        items = msgspec.json.decode(Path(report.name).read_bytes(), type=_Report).install
    return [_step(item) for item in items]


def _step(item: _Item) -> Step:
    name = item.metadata.name
    # The address of an index may hold a password, which the report leaves out.
    direct = f"{name} @ {item.download_info.url}"
    return Step(
        distribution=canonicalize_name(name),
        version=item.metadata.version,
        installed=_installed(name),
        requirement=direct if item.is_direct else f"{name}=={item.metadata.version}",
    )


def _installed(name: str) -> str | None:
    try:
        return installed_version(name)
    except PackageNotFoundError:
        return None


def collect_wheels(steps: Sequence[Step], folder: Path, *, options: Sequence[str]) -> list[Path]:
    """Fetch, or build, the wheels of *steps* into *folder*."""
    wanted = [step.requirement for step in steps]
    _pip("wheel", "--no-deps", f"--wheel-dir={folder}", *options, *wanted)
    return sorted(folder.glob("*.whl"))


def build_wheel(project: Path, folder: Path) -> Path:
    """Build the wheel of the *project*, a folder, into *folder*."""
    _pip("wheel", "--no-deps", f"--wheel-dir={folder}", str(project))
    (wheel,) = folder.glob("*.whl")
    return wheel


def distribution_of(wheel: Path) -> str:
    """Return the canonical name of what *wheel* holds (PEP 503).

    Raises:
        OperatorError: it is named as no wheel is.
    """
    try:
        return parse_wheel_filename(wheel.name)[0]
    except InvalidWheelFilename as error:
        raise OperatorError(f"{wheel.name} is no wheel: {error}.") from error


def install_beside(wheels: Sequence[Path], folder: Path) -> None:
    """Unpack *wheels* into *folder*, which goes before the environment on the path."""
    _pip("install", "--no-deps", "--no-index", f"--target={folder}", *map(str, wheels))


def install(wheels: Sequence[Path]) -> None:
    """Install exactly *wheels*, in the place of other versions.

    By name, version and hash: pip would note the path of a wheel, which is soon gone.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.writelines(f"{_pinned(wheel)}\n" for wheel in wheels)
        listing.flush()
        places = {f"--find-links={wheel.parent}" for wheel in wheels}
        reinstall = ("--no-deps", "--no-index", "--force-reinstall")
        _pip("install", *reinstall, *places, f"--requirement={listing.name}")


def _pinned(wheel: Path) -> str:
    name, version, _, _ = parse_wheel_filename(wheel.name)
    return f"{name}=={version} --hash=sha256:{sha256(wheel.read_bytes()).hexdigest()}"


def uninstall(distributions: Sequence[str]) -> None:
    """Uninstall *distributions*, and nothing that they needed."""
    _pip("uninstall", "--yes", *distributions)


def _pip(command: str, *arguments: str, explains: bool = False) -> None:
    """Run pip; it *explains* itself at the price of many lines, of which an error tells the few."""
    if find_spec("pip") is None:
        raise OperatorError(
            f"There is no pip in {sys.prefix}; add it with: {sys.executable} -m ensurepip"
        )
    quiet = ("--no-input", "--disable-pip-version-check", *([] if explains else ["--quiet"]))
    result = subprocess.run(  # noqa: S603 - arguments, no shell
        [sys.executable, "-P", "-m", "pip", command, *quiet, *arguments],
        # Killed, we leave pip at work: it inherits the lock on the environment, and keeps it.
        close_fds=False,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise OperatorError(f"pip {command} failed: {_complaint(result.stdout, result.stderr)}")


def _complaint(output: str, errors: str) -> str:
    """Return what pip could not do; where requirements do not go together, whose they are."""
    if conflict := _CONFLICT.search(output):
        return "; ".join(line.strip() for line in conflict[1].splitlines())
    lines = [line for line in errors.splitlines() if line.startswith("ERROR: ")]
    return "\n".join(line.removeprefix("ERROR: ") for line in lines) or errors.strip()

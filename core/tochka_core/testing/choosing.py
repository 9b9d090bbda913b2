"""Which modules are under test, and what they need."""

import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tochka_plugins.host import Gated, Quarantined, StagedModule, discover, gate
from tochka_plugins.host.discovery import ENTRY_POINT_GROUP

from tochka_core import __version__
from tochka_core.errors import OperatorError
from tochka_core.registry.composition import compose
from tochka_core.settings import Settings


def name_modules(root: Path) -> Sequence[str]:
    """Return the modules that the `pyproject.toml` in *root* declares.

    Raises:
        OperatorError: it declares none.
    """
    file = root / "pyproject.toml"
    project = tomllib.loads(file.read_text()).get("project", {}) if file.is_file() else {}
    names = sorted(project.get("entry-points", {}).get(ENTRY_POINT_GROUP, ()))
    if not names:
        raise OperatorError(
            f"{file} declares no module: name those under test with tochka_modules, in the"
            " configuration of pytest."
        )
    return names


def admit(names: Sequence[str]) -> Gated:
    """Return the verdict of the gate on *names* and what they need; nothing is imported.

    Raises:
        OperatorError: one of them is not installed, or refused; the line says why.
    """
    candidates = discover()
    for name in names:
        if all(candidate.name != name for candidate in candidates):
            raise OperatorError(
                f"The module {name!r} is not installed in {sys.prefix}: run there"
                " python -m pip install --no-deps -e <the folder of its pyproject.toml>."
            )
    gated = gate(candidates, core_version=__version__).only(names)
    refuse_quarantined(gated.refused)
    return gated


def assemble_modules(gated: Gated, settings: Settings) -> Sequence[StagedModule]:
    """Return the modules that are admitted, in the order of dependencies.

    Raises:
        OperatorError: one of them is quarantined; the line says why.
    """
    assembly = compose(gated, settings)
    refuse_quarantined(assembly.quarantined)
    return assembly.modules


def refuse_quarantined(quarantined: Sequence[Quarantined]) -> None:
    """Return if there is nothing.

    Raises:
        OperatorError: there is; what has stopped the others is told.
    """
    for item in sorted(quarantined, key=lambda item: item.blocked_by is not None):
        raise OperatorError(f"{item.name} is quarantined in phase {item.phase}: {item.reason}")

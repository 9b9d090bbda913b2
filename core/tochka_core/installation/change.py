"""Installing and removing modules: all of it, or none."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tochka_plugins import Conflict, NotFound
from tochka_plugins.host import Candidate, Quarantined, discover, gate
from tochka_plugins.host.discovery import ENTRY_POINT_GROUP

from tochka_core import __version__
from tochka_core.errors import OperatorError
from tochka_core.installation import pip
from tochka_core.installation.environment import Change, changing_environment
from tochka_core.installation.footprint import footprint, refuse_overwriting
from tochka_core.installation.proof import Proof, find_harmed
from tochka_core.registry.events import Judgement
from tochka_core.registry.trial import try_environment
from tochka_core.settings import Settings

_GROUP: Final = re.compile(
    rf"^\[{re.escape(ENTRY_POINT_GROUP)}\]$.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL
)
"""The section of `entry_points.txt` that makes a distribution a module."""


class ChangeFailed(OperatorError):
    """The change was undone."""

    def __init__(self, harmed: Sequence[Quarantined]) -> None:
        listed = "; ".join(f"{item.name} in phase {item.phase}: {item.reason}" for item in harmed)
        super().__init__(f"Nothing was changed. This would be quarantined: {listed}")


def install(
    settings: Settings, proof: Proof, *, tell: Callable[[str], None] = lambda _step: None
) -> Judgement:
    """Install what was proven and migrate; put the environment back if that fails after all.

    Raises:
        ChangeFailed: a module would be quarantined.
        OperatorError: pip failed, or the environment is not ours to change.
    """
    if proof.harmed:
        raise ChangeFailed(proof.harmed)
    names = {step.distribution for step in proof.steps}
    with _change(settings, footprint(names, proof.wheels)) as change:
        # Once more: another command may have installed something since the proof.
        refuse_overwriting(names, proof.wheels)
        tell("Installing")
        pip.install(proof.wheels)
        change.go_forward()
        tell("Migrating")
        judgement = try_environment(settings)
        harmed = find_harmed(judgement, proof.modules, proof.known)
        # Data that have gone forward need the code that took them there.
        if harmed and not _has_migrated(judgement, proof.modules):
            raise ChangeFailed(harmed)
    return judgement


def _has_migrated(judgement: Judgement, modules: frozenset[str]) -> bool:
    """Tell whether data that were there before have gone forward; new tables do no harm."""
    return any(
        item.before not in {None, item.after}
        for item in judgement.migrations
        if item.target in modules
    )


def remove(
    settings: Settings,
    names: Sequence[str],
    *,
    reload: Callable[[], object] = lambda: None,
    tell: Callable[[str], None] = lambda _step: None,
) -> list[str]:
    """Uninstall the modules *names* and keep their data; return the distributions that went.

    The workers give them up first, by *reload*, so that no request meets a package that is going.

    Raises:
        NotFound: one of them is not installed.
        Conflict: modules that stay need one of them.
        OperatorError: pip failed, or the environment is not ours to change.
    """
    leaving = _find_leaving(names)
    distributions = sorted({candidate.distribution for candidate in leaving})
    with _change(settings, footprint(distributions), undone=reload) as change:
        tell("Taking out of service")
        for name in distributions:
            _hide(name)
        try_environment(settings)
        with change.at_rest():
            reload()
        tell("Uninstalling")
        pip.uninstall(distributions)
    return distributions


def _find_leaving(names: Sequence[str]) -> list[Candidate]:
    """Return all modules of the distributions that hold *names*."""
    installed = discover()
    by_name = {candidate.name: candidate for candidate in installed}
    if unknown := [name for name in names if name not in by_name]:
        raise NotFound(f"There is no installed module {', '.join(unknown)}.")
    going = {by_name[name].distribution for name in names}
    leaving = [candidate for candidate in installed if candidate.distribution in going]
    left = {candidate.name for candidate in leaving}
    requires = gate(installed, core_version=__version__).requires
    dependents = sorted(name for name in requires.keys() - left if requires[name] & left)
    if dependents:
        listed = ", ".join(dependents)
        raise Conflict(f"{listed} needs {', '.join(names)}; remove it too.", dependents=dependents)
    return leaving


def _hide(name: str) -> None:
    """Take the modules of a distribution out of its metadata; its code can still be imported."""
    declared = [file for file in distribution(name).files or () if file.name == "entry_points.txt"]
    if not declared:
        raise OperatorError(f"{name} has no list of its files, so that pip cannot uninstall it.")
    path = Path(str(declared[0].locate()))
    draft = path.with_suffix(".draft")
    draft.write_text(_GROUP.sub("", path.read_text()))
    # Not written in place: the snapshot shares the file.
    draft.replace(path)


@contextmanager
def _change(
    settings: Settings, paths: Iterable[Path], *, undone: Callable[[], object] = lambda: None
) -> Iterator[Change]:
    """Change the files at *paths*; an error puts them back and has the modules judged as before.

    *undone* is called then.
    """
    has_begun = False
    try:
        with changing_environment(paths) as change:
            has_begun = True
            yield change
    except BaseException:
        if has_begun:
            try_environment(settings)
            undone()
        raise

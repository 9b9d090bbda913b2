"""Judging an environment before it exists: what is to be installed lies before it on the path."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import select
from tochka_plugins.host import Quarantined, discover
from tochka_plugins.host.gating import CORE_DISTRIBUTION

from tochka_core import __version__
from tochka_core.errors import OperatorError
from tochka_core.installation import pip
from tochka_core.installation.environment import settle_environment
from tochka_core.installation.footprint import refuse_overwriting
from tochka_core.installation.pip import Step
from tochka_core.registry.events import Judgement
from tochka_core.registry.models import Module
from tochka_core.registry.session import in_platform_scope
from tochka_core.registry.trial import try_environment
from tochka_core.settings import Settings


class Proof(msgspec.Struct, frozen=True):
    """What would become of the platform."""

    steps: tuple[Step, ...]
    """What would be installed; empty where all is there already."""
    wheels: tuple[Path, ...]
    modules: frozenset[str]
    """The modules that would come or be replaced."""
    judgement: Judgement | None
    """The judgement of the result; `None` where there is nothing to do."""
    known: frozenset[str]
    """The modules that are quarantined already."""

    @property
    def harmed(self) -> tuple[Quarantined, ...]:
        """What speaks against it: modules that would come into quarantine."""
        return find_harmed(self.judgement, self.modules, self.known) if self.judgement else ()


@contextmanager
def proven(
    settings: Settings,
    requirements: Sequence[str],
    *,
    options: Sequence[str] = (),
    upgrade: bool = False,
    tell: Callable[[str], None] = lambda _step: None,
) -> Iterator[Proof]:
    """Yield what installing *requirements* would come to; its wheels last as long as the block.

    Raises:
        OperatorError: pip finds no answer, or the core itself or files of others would be replaced.
    """
    if settle_environment():
        tell("Undoing an installation that was interrupted")
    tell("Resolving")
    # The core among them keeps what it needs itself in reach of pip's resolver.
    wanted = [*requirements, f"{CORE_DISTRIBUTION}=={__version__}"]
    steps = pip.resolve(wanted, options=options, upgrade=upgrade)
    if any(step.distribution == CORE_DISTRIBUTION for step in steps):
        raise OperatorError(
            "This would replace the core, which runs just now: install it with pip, then restart."
        )
    if not steps:
        yield Proof((), (), frozenset(), None, frozenset())
        return
    with tempfile.TemporaryDirectory(prefix="tochka-") as folder:
        beside = Path(folder, "beside")
        tell("Fetching")
        wheels = pip.collect_wheels(steps, Path(folder, "wheels"), options=options)
        refuse_overwriting({step.distribution for step in steps}, wheels)
        pip.install_beside(wheels, beside)
        tell("Proving")
        judgement = try_environment(settings, rehearse=True, beside=beside)
        modules = frozenset(candidate.name for candidate in discover([str(beside)]))
        known = asyncio.run(_find_quarantined(settings))
        yield Proof(tuple(steps), tuple(wheels), modules, judgement, known)


def find_harmed(
    judgement: Judgement, modules: frozenset[str], known: frozenset[str]
) -> tuple[Quarantined, ...]:
    """Return the quarantined among *modules*, and whoever is not *known* to be already."""
    return tuple(
        item for item in judgement.quarantined if item.name in modules or item.name not in known
    )


async def _find_quarantined(settings: Settings) -> frozenset[str]:
    """Return the modules that the last judgement has quarantined."""
    async with in_platform_scope(settings, reason="proof of an installation") as session:
        names = select(Module.name).where(Module.state == "quarantined")
        return frozenset(await session.scalars(names))

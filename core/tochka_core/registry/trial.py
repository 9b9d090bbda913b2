"""Judging or diagnosing the environment in a process of its own, which a module may hang or end."""

import asyncio
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace
from tochka_migrations.targets import CORE_TARGET
from tochka_plugins.host import Phase, Quarantined, discover
from tochka_plugins.host.quarantine import quarantine

from tochka_core.errors import OperatorError
from tochka_core.registry.apart import Silent, environment_apart, process_apart, told_lines
from tochka_core.registry.events import (
    Assembled,
    Began,
    Diagnosed,
    Event,
    Failed,
    Finding,
    Instructions,
    Judged,
    Judgement,
    Migrated,
    Migration,
)
from tochka_core.registry.last_judgement import find_standing_judgement
from tochka_core.settings import Settings

_PROGRAM: Final = "tochka_core.registry.trial_process"
_STDERR: Final = 2
_GRACE_SECONDS: Final = 2.0

Answer = TypeVar("Answer", Judged, Diagnosed)


class ModuleHarm(Exception):
    """A module hung or ended the process that judged it."""

    def __init__(self, step: Began, reason: str) -> None:
        super().__init__(reason)
        self.step = step


def try_environment(
    settings: Settings,
    *,
    rehearse: bool = False,
    beside: Path | None = None,
    anew: bool = False,
    only: str | None = None,
    output: int | IO[bytes] = _STDERR,
    report: Callable[[Migration], None] = lambda _migration: None,
) -> Judgement:
    """Judge all installed modules, migrate the database and leave the record.

    Where the last judgement still stands it is returned, unless one *anew* is asked for. To
    *rehearse* leaves the database as it is. What lies in the folder *beside* counts as installed,
    in the place of other versions. With *only* it is one module, and those that it needs. What
    modules print goes to *output*.

    A module that takes longer than `import_seconds` to be imported or staged, or than
    `migration_seconds` to be migrated, or that ends its process, is quarantined, and the others are
    judged anew without it. *report* is told what becomes of each schema.

    Raises:
        OperatorError: the database cannot be used, or the core's own migration failed.
    """
    is_for_real = not rehearse and beside is None and only is None
    if is_for_real and not anew and (last := asyncio.run(find_standing_judgement(settings))):
        for migration in last.migrations:
            report(migration)
        return last
    asked = Instructions("rehearse" if rehearse else "judge", only=only)
    answer = _ask(settings, asked, Judged, beside=beside, output=output, report=report)
    return answer.judgement


def diagnose_environment(settings: Settings) -> Sequence[Finding]:
    """Return what is to be said of the database and all installed modules; nothing is changed.

    What a module does to its process is told as in a judgement.
    """
    return _ask(settings, Instructions("diagnose"), Diagnosed).findings


def _ask(
    settings: Settings,
    asked: Instructions,
    answer: type[Answer],
    *,
    beside: Path | None = None,
    output: int | IO[bytes] = _STDERR,
    report: Callable[[Migration], None] = lambda _migration: None,
) -> Answer:
    """Return the *answer* to what is asked, without the modules that keep it from coming."""
    environment = environment_apart(settings, beside)
    while True:
        try:
            with process_apart(_PROGRAM, asked, environment=environment, output=output) as (
                process,
                events,
            ):
                return _Trial(process, events, settings, answer, report).follow()
        except ModuleHarm as harm:
            asked = replace(asked, set_aside=(*asked.set_aside, _quarantine(harm)))


def _quarantine(harm: ModuleHarm) -> Quarantined:
    name, phase, reason = harm.step.module, harm.step.phase, str(harm)
    for candidate in discover():
        if candidate.name == name:
            return quarantine(candidate, phase, reason)
    return Quarantined(name=name, phase=phase, reason=reason)


class _Trial(Generic[Answer]):
    """Follows one process in which modules run, until it answers."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        events: int,
        settings: Settings,
        answer: type[Answer],
        report: Callable[[Migration], None],
    ) -> None:
        self._process = process
        self._events = events
        self._answer: type[Answer] = answer
        self._limits: dict[Phase, float] = {
            "load": settings.import_seconds,
            "stage": settings.import_seconds,
            "migrate": settings.migration_seconds,
            # A hook that waits is ended after the first part; one that blocks, only from here.
            "start": settings.import_seconds + _GRACE_SECONDS,
        }
        self._report = report
        self._step: Began | None = None
        """The step that runs a module's code now."""

    def follow(self) -> Answer:
        try:
            for line in told_lines(self._events, self._limit):
                event = msgspec.json.decode(line, type=Event)
                if isinstance(event, self._answer):
                    return event
                self._take(event)
        except Silent as silence:
            if self._step is None:
                raise
            raise _harm(self._step, str(silence)) from silence
        code = self._process.wait()
        if self._step is None:
            raise OperatorError(f"The judgement of the modules ended with exit code {code}.")
        raise _harm(self._step, f"ended the process that judged it, with exit code {code}")

    def _take(self, event: Event) -> None:
        match event:
            case Began():
                self._step = event
            case Assembled():
                self._step = None
            case Migrated(migration):
                self._step = None
                self._report(migration)
            case Failed(message):
                raise OperatorError(message)

    def _limit(self) -> float | None:
        # Without a step it waits for others, who may migrate just now, as long as it must.
        return self._limits[self._step.phase] if self._step else None


def _harm(step: Began, reason: str) -> Exception:
    if step.module == CORE_TARGET:
        return OperatorError(f"The core's own migration {reason}.")
    return ModuleHarm(step, reason)

"""Checking one module: judged first, then looked at in a process of its own."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import URL

from tochka_core.conformance.admission import admission
from tochka_core.conformance.catalog import CHECKS, Check
from tochka_core.conformance.events import Event, Finished, Looked, Looking, Order, Stuck
from tochka_core.conformance.report import Report, Result
from tochka_core.conformance.scratch import scratch_database, scratch_settings
from tochka_core.conformance.subject import Subject
from tochka_core.errors import OperatorError
from tochka_core.registry.apart import Silent, environment_apart, process_apart, told_lines
from tochka_core.registry.trial import try_environment
from tochka_core.settings import PREFIX, Settings, variable_of

SILENCE_SECONDS: Final = 60.0
"""How long nothing may be told; reached only where the module holds the process's event loop."""

_PROGRAM: Final = "tochka_core.conformance.process"
_BY_ID: Final = {check.id: check for check in CHECKS}


def conduct(
    settings: Settings,
    subject: Subject,
    *,
    server: URL,
    output: IO[bytes],
    tell: Callable[[str], None],
) -> Report:
    """Return what is found of *subject*, on databases of *server* that are dropped again.

    What it prints and logs goes to *output*; *tell* is told what goes on.

    Raises:
        OperatorError: it cannot be looked at at all.
    """
    with scratch_database(server) as database:
        own = scratch_settings(settings, server, database)
        tell(f"{subject.name}: judging")
        judgement = try_environment(own, beside=subject.beside, only=subject.name, output=output)
        admitted = admission(judgement, subject.name)
        results = [admitted]
        if admitted.is_good:
            (ready,) = (item for item in judgement.ready if item.name == subject.name)
            conductor = _Conductor(subject, own, server, output, tell)
            results += conductor.follow(Order(subject.name, ready.seconds), template=database)
        else:
            results += [check.unchecked("it was not admitted") for check in CHECKS]
    return Report.of(subject.name, subject.version, results)


class _Conductor:
    """Has all checks run, each time in a new process where the module has harmed the last one."""

    def __init__(
        self,
        subject: Subject,
        settings: Settings,
        server: URL,
        output: IO[bytes],
        tell: Callable[[str], None],
    ) -> None:
        self._subject = subject
        self._settings = settings
        self._server = server
        self._output = output
        self._tell = tell
        self._check: Check | None = None
        """What is looked at now."""

    def follow(self, order: Order, *, template: str) -> Collection[Result]:
        """Return the results of all checks, each on a copy of *template*."""
        results: dict[str, Result] = {}
        while len(results) < len(CHECKS):
            with scratch_database(self._server, template=template) as database:
                self._check = None
                done = replace(order, done=frozenset(results))
                self._run(done, database, results)
        return [results[check.id] for check in CHECKS]

    def _run(self, order: Order, database: str, results: dict[str, Result]) -> None:
        environment = _environment(self._settings, self._server, database, self._subject.beside)
        with process_apart(_PROGRAM, order, environment=environment, output=self._output) as (
            process,
            events,
        ):
            try:
                for line in told_lines(events, lambda: SILENCE_SECONDS):
                    event: Event = msgspec.json.decode(line, type=Event)
                    if isinstance(event, Finished):
                        return
                    self._take(event, results)
                harm = f"ended the process, with exit code {process.wait()}"
            except Silent as silence:
                harm = str(silence)
        if self._check is None:
            raise OperatorError(f"{self._subject.name} cannot be looked at: the process {harm}.")
        results[self._check.id] = self._check.harmed(harm)

    def _take(self, event: Event, results: dict[str, Result]) -> None:
        match event:
            case Looking(id=name):
                self._check = _BY_ID[name]
                self._tell(f"{self._subject.name}: {self._check.title.lower()}")
            case Looked(result=result):
                results[result.id] = result
            case Stuck(message=message):
                raise OperatorError(message)


def _environment(
    settings: Settings, server: URL, database: str, beside: Path | None
) -> dict[str, str]:
    """Return the environment of a process that knows nothing of the operator's platform."""
    url = server.set(database=database).render_as_string(hide_password=False)
    inherited = environment_apart(replace(settings, database_url=url), beside)
    foreign = {name for name in inherited if name.startswith(PREFIX)}
    kept = {"TOCHKA_ENCRYPTION_KEYS"}
    return {
        **{name: value for name, value in inherited.items() if name not in foreign - kept},
        variable_of("import_seconds"): str(settings.import_seconds),
        variable_of("log_level"): settings.log_level,
    }

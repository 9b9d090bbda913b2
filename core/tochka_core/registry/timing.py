"""How long each module takes in each phase of a judgement."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from tochka_plugins.host import Phase

from tochka_core.registry.events import Began, Event


class Stopwatch:
    """Passes events on, and times the steps that they begin and end."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        """Pass events to *tell*."""
        self._tell = tell
        self._seconds: defaultdict[str, dict[Phase, float]] = defaultdict(dict)
        self._step: Began | None = None
        self._began = 0.0

    def tell(self, event: Event) -> None:
        """Take note of *event* and pass it on; any event ends the step before it."""
        now = time.perf_counter()
        if self._step:
            self._seconds[self._step.module][self._step.phase] = round(now - self._began, 6)
        self._step = event if isinstance(event, Began) else None
        self._began = now
        self._tell(event)

    def seconds_of(self, module: str) -> Mapping[Phase, float]:
        """Return how long *module* took, by phase."""
        return dict(self._seconds[module])

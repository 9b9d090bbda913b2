"""What the process that checks is asked for, and what it tells. Sent as JSON, a line each."""

from collections.abc import Mapping

import msgspec
from tochka_plugins.host import Phase

from tochka_core.conformance.report import Result


class Order(msgspec.Struct, frozen=True):
    """What to check."""

    module: str
    seconds: Mapping[Phase, float]
    """How long its judgement took."""
    done: frozenset[str] = frozenset()
    """The ids of checks that are through, or have done harm."""


class Looking(msgspec.Struct, frozen=True, tag=True):
    """A check begins."""

    id: str


class Alive(msgspec.Struct, frozen=True, tag=True):
    """The process goes on; told every few seconds, unless something holds its event loop."""


class Looked(msgspec.Struct, frozen=True, tag=True):
    """A check is through."""

    result: Result


class Finished(msgspec.Struct, frozen=True, tag=True):
    """All checks are through."""


class Stuck(msgspec.Struct, frozen=True, tag=True):
    """There is nothing to look at, for a reason that the operator can mend."""

    message: str


Event = Looking | Alive | Looked | Finished | Stuck

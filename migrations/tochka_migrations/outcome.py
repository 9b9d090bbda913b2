"""What became of the targets of an upgrade."""

import msgspec


class Outcome(msgspec.Struct, frozen=True):
    """What became of one target."""

    target: str
    before: str | None
    """The revision it was at; `None` before the first."""
    after: str | None
    error: BaseException | None = None
    blocked_by: str | None = None
    """The target whose failure kept this one from being tried."""
    statements: tuple[str, ...] = ()
    """The SQL that was run for it, without parameters; the last one may be what failed."""

    @property
    def has_failed(self) -> bool:
        """The target is not at its head."""
        return self.error is not None or self.blocked_by is not None

    @property
    def has_changed(self) -> bool:
        """The target has been taken forward."""
        return self.before != self.after


class Upgrade(msgspec.Struct, frozen=True):
    """What became of all targets, in the order in which they were tried."""

    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> dict[str, Outcome]:
        """The targets that are not at their head, by name."""
        return {item.target: item for item in self.outcomes if item.has_failed}

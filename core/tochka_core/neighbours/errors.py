"""What a client is told of modules that should have had a part in something."""

from tochka_plugins import Unavailable


class ModuleFailed(Unavailable):
    """A module's own mistake keeps something from being done; the log has the reason."""

    def __init__(self, module: str) -> None:
        """Name *module*; its operator or author has to do something."""
        super().__init__(f"The module {module} has failed.", retry_after_seconds=60)
        self.extra = {"module": module}


class ModuleAway(Unavailable):
    """A module is ready, but does not serve in this process: another worker may do."""

    def __init__(self, module: str) -> None:
        """Name *module*; the log tells why it was not loaded or started."""
        super().__init__(
            f"The module {module} does not serve here, or not yet.", retry_after_seconds=60
        )
        self.extra = {"module": module}

"""What a client is told of settings beyond what anything may answer."""

from collections.abc import Sequence

from tochka_plugins import InvalidInput, TochkaError


class SettingsRefused(InvalidInput):
    """Values are not what the module takes; the document names every field that is wrong."""

    def __init__(self, wrong: Sequence[tuple[str, str]]) -> None:
        """Tell of all that is *wrong*, by pointer and sentence."""
        errors = [{"pointer": pointer, "detail": detail} for pointer, detail in wrong]
        super().__init__("; ".join(detail for _, detail in wrong))
        self.extra = {"errors": errors}


class StaleVersion(TochkaError):
    """Somebody has changed the settings since the version that `If-Match` names."""

    status = 412
    title = "Precondition failed"

    def __init__(self, version: int) -> None:
        """Tell the *version* that there is now."""
        super().__init__("The settings have changed meanwhile; read them again.", version=version)

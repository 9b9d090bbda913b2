"""All modules, for a command that has to do with them."""

from collections.abc import Mapping, Sequence

import structlog
from tochka_plugins.host import StagedModule

from tochka_core.encryption.ring import EncryptionRing
from tochka_core.logs import configure_logging
from tochka_core.neighbours.neighbourhood import Neighbourhood
from tochka_core.registry.following import load_ready
from tochka_core.settings import Settings

_log = structlog.get_logger(__name__)


def neighbourhood_of(ready: Mapping[str, str], settings: Settings) -> Neighbourhood:
    """Return the modules in *ready*, version by name; they are loaded when it first matters.

    None of them is started here.
    """

    def load() -> Sequence[StagedModule]:
        assembly = load_ready(ready)
        configure_logging(settings.log_level, packages=assembly.packages)
        for module in assembly.quarantined:
            _log.error("module not told", module=module.name, reason=module.reason)
        return assembly.modules

    ring = EncryptionRing(settings.encryption_ring)
    return Neighbourhood(load, hook_seconds=settings.import_seconds, ring=ring)

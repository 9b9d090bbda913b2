"""From an environment of installed distributions to modules that are ready to serve.

`discover` reads metadata, `gate` decides by it, `assemble` imports and stages, `fit` leaves out
what cannot be served beside the rest. Nothing here touches a database or an application: the core
does that with what it gets.
"""

from tochka_plugins.host.assembly import Assembly, assemble
from tochka_plugins.host.discovery import Candidate, discover
from tochka_plugins.host.fitting import fit
from tochka_plugins.host.gate import Gated, gate
from tochka_plugins.host.quarantine import Phase, Quarantined
from tochka_plugins.host.staging import StagedModule

__all__ = [
    "Assembly",
    "Candidate",
    "Gated",
    "Phase",
    "Quarantined",
    "StagedModule",
    "assemble",
    "discover",
    "fit",
    "gate",
]

from .assembly import Assembly, assemble
from .discovery import Candidate, discover
from .fitting import fit
from .gating import Gated, gate
from .quarantine import Phase, Quarantined
from .staging import StagedModule

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

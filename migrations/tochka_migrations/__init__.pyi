from .outcome import Outcome, Upgrade
from .patience import Patience
from .runner import upgrade
from .targets import CORE_VERSIONS, Target, core_target

__all__ = ["CORE_VERSIONS", "Outcome", "Patience", "Target", "Upgrade", "core_target", "upgrade"]

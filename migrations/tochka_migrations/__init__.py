"""One Alembic environment for every schema, and the runner that takes each of them forward."""

from tochka_migrations.patience import Patience
from tochka_migrations.runner import Outcome, Upgrade, upgrade
from tochka_migrations.targets import CORE_VERSIONS, Target, core_target

__all__ = ["CORE_VERSIONS", "Outcome", "Patience", "Target", "Upgrade", "core_target", "upgrade"]

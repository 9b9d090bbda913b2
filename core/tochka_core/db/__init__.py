"""The door to the database: no scope, no transaction."""

from tochka_core.db.database import Database
from tochka_core.db.scope import NoScopeError

__all__ = ["Database", "NoScopeError"]

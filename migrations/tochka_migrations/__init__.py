"""One Alembic environment for every schema, and the runner that takes each of them forward."""

import lazy_loader

# The names are in __init__.pyi, and imported when they are first used: the web framework takes half
# a second, for which a command that needs nothing of it does not have to wait.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""The contract between the platform and its modules: all that a module imports.

`tochka_plugins.hookspecs` lists the hooks; the names below are the rest of the public surface.
"""

import lazy_loader

# The names are in __init__.pyi, and imported when they are first used: the web framework takes half
# a second, for which a command that needs nothing of it does not have to wait.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

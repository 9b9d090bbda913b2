"""From an environment of installed distributions to modules that are ready to serve.

`discover` reads metadata, `gate` decides by it, `assemble` imports and stages, `fit` leaves out
what cannot be served beside the rest. Nothing here touches a database or an application: the core
does that with what it gets.
"""

import lazy_loader

# The names are in __init__.pyi, and imported when they are first used: the web framework takes half
# a second, for which a command that needs nothing of it does not have to wait.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

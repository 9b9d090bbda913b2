"""Asking the world about a domain: its name servers, and the web site on it."""

import lazy_loader

# The names are in __init__.pyi, and imported when they are first used: the libraries behind them
# take a tenth of a second, for which a process that proves no domain does not have to wait.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

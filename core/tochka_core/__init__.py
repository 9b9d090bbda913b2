"""The core of Tochka Rosta: auth, tenants, the module registry, and what serves them."""

from importlib.metadata import version

__version__ = version("tochka-rosta")

"""Loading what the last judgement calls ready, in a process that follows it."""

from collections.abc import Mapping

from tochka_plugins.host import Assembly, assemble, discover, gate

from tochka_core import __version__


def load_ready(ready: Mapping[str, str]) -> Assembly:
    """Return the modules in *ready*, version by name, that can be loaded here as well.

    Another version than the one that was judged is passed over.
    """
    candidates = [item for item in discover() if ready.get(item.name) == item.version]
    return assemble(gate(candidates, core_version=__version__))

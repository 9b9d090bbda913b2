"""Rules for what a module offers, so that each is one thing and can be made."""

from collections.abc import Iterator, Mapping
from inspect import iscoroutinefunction
from typing import Any

from tochka_plugins.host.callables import takes_one


def broken_service_rules(services: Mapping[Any, Any], offered: Mapping[type, str]) -> Iterator[str]:
    """Yield a sentence for each rule that a service breaks; *offered* are those of others."""
    for kind, factory in services.items():
        if not isinstance(kind, type):
            yield f"{kind!r} must be a protocol, or another class"
            continue
        if kind in offered:
            yield f"the module {offered[kind]!r} offers {kind.__name__} too"
        if not callable(factory) or iscoroutinefunction(factory):
            yield f"{kind.__name__} must be made by an ordinary function, not {factory!r}"
        elif not takes_one(factory):
            yield f"{kind.__name__} must be made by a function of one argument, the session"

"""What the types of a module's settings are made of."""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from tochka_plugins.host.type_parts import fields_of, is_secret, parts_of


def secret_fields(settings: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names, in Python, of the fields that are secrets."""
    return frozenset(name for name, kind in fields_of(settings) if _is_secret_field(kind))


def hidden_secrets(settings: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the names of the fields with a secret inside: it would be kept as anything else is."""
    for name, kind in fields_of(settings):
        if not _is_secret_field(kind) and any(map(is_secret, parts_of(kind))):
            yield name


def open_types(settings: type[msgspec.Struct]) -> Iterator[type]:
    """Yield the types within that let fields pass which they do not know."""
    for _, kind in fields_of(settings):
        for part in parts_of(kind):
            match part:
                case inspect.StructType(cls=cls, forbid_unknown_fields=False):
                    yield cls
                case inspect.DataclassType(cls=cls) | inspect.TypedDictType(cls=cls):
                    yield cls


def _is_secret_field(kind: inspect.Type) -> bool:
    """Tell whether it is a secret, or one that may be `None`."""
    if isinstance(kind, inspect.UnionType):
        others = [item for item in kind.types if not isinstance(item, inspect.NoneType)]
        return len(others) == 1 and is_secret(others[0])
    return is_secret(kind)

"""What the types of a module's settings are made of."""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from tochka_plugins.settings import MARK_OF_SECRETS


def secret_fields(settings: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names, in Python, of the fields that are secrets."""
    return frozenset(name for name, kind in _fields_of(settings) if _is_secret(kind))


def hidden_secrets(settings: type[msgspec.Struct]) -> Iterator[str]:
    """Yield the names of the fields with a secret inside: it would be kept as anything else is."""
    for name, kind in _fields_of(settings):
        if not _is_secret(kind) and any(map(_is_marked, _parts(kind))):
            yield name


def open_types(settings: type[msgspec.Struct]) -> Iterator[type]:
    """Yield the types within that let fields pass which they do not know."""
    for _, kind in _fields_of(settings):
        for part in _parts(kind):
            match part:
                case inspect.StructType(cls=cls, forbid_unknown_fields=False):
                    yield cls
                case inspect.DataclassType(cls=cls) | inspect.TypedDictType(cls=cls):
                    yield cls


def _fields_of(settings: type[msgspec.Struct]) -> Iterator[tuple[str, inspect.Type]]:
    whole = inspect.type_info(settings)
    while isinstance(whole, inspect.Metadata):
        whole = whole.type
    if isinstance(whole, inspect.StructType):
        yield from ((field.name, field.type) for field in whole.fields)


def _is_secret(kind: inspect.Type) -> bool:
    """Tell whether it is a secret, or one that may be `None`."""
    if isinstance(kind, inspect.UnionType):
        others = [item for item in kind.types if not isinstance(item, inspect.NoneType)]
        return len(others) == 1 and _is_marked(others[0])
    return _is_marked(kind)


def _is_marked(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get(MARK_OF_SECRETS))


def _parts(whole: inspect.Type) -> Iterator[inspect.Type]:
    """Yield all types that a type is made of, itself first, each once: they may be recursive."""
    seen: set[int] = set()
    waiting: list[object] = [whole]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, inspect.Type):
            yield item
        if isinstance(item, inspect.Type | inspect.Field):
            waiting += [getattr(item, name) for name in item.__struct_fields__]
        elif isinstance(item, tuple):
            waiting += item

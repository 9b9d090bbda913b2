"""What the types are made of by which modules keep something, or tell others of it."""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from tochka_plugins.settings import MARK_OF_SECRETS


def fields_of(kind: type[msgspec.Struct]) -> Iterator[tuple[str, inspect.Type]]:
    """Yield the fields of *kind*, each by its name in Python."""
    whole = inspect.type_info(kind)
    while isinstance(whole, inspect.Metadata):
        whole = whole.type
    if isinstance(whole, inspect.StructType):
        yield from ((field.name, field.type) for field in whole.fields)


def is_secret(kind: inspect.Type) -> bool:
    """Tell whether it is marked as a secret."""
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get(MARK_OF_SECRETS))


def parts_of(whole: inspect.Type) -> Iterator[inspect.Type]:
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

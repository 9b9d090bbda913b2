"""Rules for the words of constraints, so that the one that refuses finds words that can be sent."""

from collections.abc import Iterator

from sqlalchemy import Index, MetaData

from tochka_plugins.errors import Conflict, InvalidInput
from tochka_plugins.host.storable import is_storable
from tochka_plugins.refusals import Refusal, declared_refusals


def broken_refusal_rules(metadata: MetaData) -> Iterator[str]:
    """Yield a sentence for each rule that the words of a constraint break."""
    for table, constraint, refusal in declared_refusals(metadata):
        named = f"{constraint.name} of {table}"
        if constraint.name is None:
            yield f"a constraint of {table} has words: give it a name to find them by"
        if isinstance(constraint, Index) and not constraint.unique:
            yield f"the index {named} is not unique: it refuses nothing that words could explain"
        yield from _broken_words(named, refusal)


def _broken_words(named: str, refusal: Refusal) -> Iterator[str]:
    if not _is_text(refusal.detail) or not refusal.detail.strip():
        yield f"the words of {named} must be a text, not {refusal.detail!r}"
    pointer = refusal.pointer
    if pointer is not None and not (_is_text(pointer) and pointer[:1] in ("", "/")):
        yield f"the pointer of {named} must be a JSON pointer such as '/url', not {pointer!r}"
    if refusal.error not in (Conflict, InvalidInput):
        yield f"the error of {named} must be Conflict or InvalidInput, not {refusal.error!r}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and is_storable(value)

"""Rules for types of which others get the JSON Schema."""

import msgspec

from tochka_plugins.host.storable import is_storable_document


def schema_fault(kind: type[msgspec.Struct]) -> str | None:
    """Return what is wrong with the JSON Schema of *kind*; `None` where it can be given away."""
    try:
        schema = msgspec.json.schema(kind)
        msgspec.json.encode(schema)
    except (NameError, TypeError) as error:
        return f"{kind.__name__} has no JSON Schema: {error}"
    except UnicodeEncodeError:
        return f"{kind.__name__} has half a surrogate pair in its JSON Schema"
    if not is_storable_document(schema):
        return f"{kind.__name__} has a NUL in its JSON Schema"
    return None

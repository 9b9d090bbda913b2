"""What commands read: options held to the rules of a request's body."""

from typing import TypeVar

import msgspec

from tochka_core.errors import OperatorError

T = TypeVar("T")


def read_input(schema: type[T], **options: object) -> T:
    """Return *options* as the document that a request's body would be.

    Raises:
        OperatorError: one breaks a rule of *schema*, or is no text in UTF-8.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(options), type=schema)
    except UnicodeEncodeError:
        raise OperatorError("An argument is not UTF-8.") from None
    except msgspec.ValidationError as error:
        raise OperatorError(f"{error}.") from error

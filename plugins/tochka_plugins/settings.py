"""What a field of a module's settings says about itself beyond its type."""

from typing import Annotated, Final, TypeAlias

import msgspec

MARK_OF_SECRETS: Final = "tochka_secret"

Secret: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        extra={MARK_OF_SECRETS: True}, extra_json_schema={"writeOnly": True, "format": "password"}
    ),
]
"""A text that people may set and nobody gets to see again, such as a password or a token.

    class MailSettings(msgspec.Struct, frozen=True):
        host: str = "localhost"
        password: Secret = ""
        token: Secret | None = None

The platform encrypts it, tells only whether it is set, and keeps it out of history and log. The
module gets it as a text, which shows itself as `'***'` where the settings are printed. Rules for it
are added as for any text: `Annotated[Secret, msgspec.Meta(max_length=100)]`. Its default is `""` or
`None`, and it is a field of the settings themselves, not of a struct or list within.
"""


class SecretText(str):
    """The text of a secret; only who asks for it on purpose shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show nothing: the settings that it is in may stand in a log."""
        return "'***'"

"""What the operator and each tenant may set."""

import os
from collections.abc import Mapping
from typing import Annotated, Self

import msgspec

Sender = Annotated[str, msgspec.Meta(min_length=1, max_length=15)]
"""As gateways show it: a number, or a name of eleven letters."""


class SenderSettings(msgspec.Struct, frozen=True):
    """What a tenant may set."""

    sender: Sender | None = None
    """Who its messages are from; `None` for whom the operator has chosen."""


class NotConfigured(Exception):
    """A variable is missing or wrong; the message names it."""


class GatewaySettings(msgspec.Struct, frozen=True):
    """What the operator sets, by variables of the environment."""

    url: str
    token: str | None = None
    sender: str | None = None
    seconds: float = 8.0
    """How long one message may take, all tries included."""

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables `SMS_GATEWAY_…`.

        Raises:
            NotConfigured: one is missing or wrong.
        """
        given = {
            name: environ[f"SMS_GATEWAY_{name.upper()}"]
            for name in cls.__struct_fields__
            if environ.get(f"SMS_GATEWAY_{name.upper()}")
        }
        if not given.get("url", "").startswith(("https://", "http://")):
            raise NotConfigured("SMS_GATEWAY_URL has to be the http(s) URL of the gateway.")
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError:
            raise NotConfigured("SMS_GATEWAY_SECONDS has to be a number.") from None

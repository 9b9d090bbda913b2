"""What the operator and each tenant may set."""

import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self

import msgspec

Days = Annotated[int, msgspec.Meta(ge=1, le=90)]
Network = IPv4Network | IPv6Network


class KeepingSettings(msgspec.Struct, frozen=True):
    """What a tenant may set."""

    keep_delivered_days: Days = 7
    """How long a delivery is kept, with its attempts, when it has succeeded."""
    keep_dead_days: Days = 30
    """How long it can be replayed when it has not."""


class NotConfigured(Exception):
    """A variable is wrong; the message names it."""


class OperatorSettings(msgspec.Struct, frozen=True):
    """What the operator sets, by variables of the environment."""

    deliver: bool = True
    """Whether this process sends; where it does not, another one has to."""
    allow_http: bool = False
    """Whether a URL may begin with `http://`."""
    allowed_networks: tuple[Network, ...] = ()
    """Networks that are not public, and may be connected to all the same."""
    seconds: float = 15.0
    """How long one attempt may take in all."""

    @property
    def claim(self) -> timedelta:
        """How long who has taken something in hand is not taken for dead.

        Much longer than an attempt may take: to write down what came of it takes time, too, and the
        clocks of nodes may differ.
        """
        return timedelta(seconds=self.seconds * 4)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Read the variables `WEBHOOKS_…`.

        Raises:
            NotConfigured: one is wrong.
        """
        given: dict[str, object] = {
            name: environ[f"WEBHOOKS_{name.upper()}"]
            for name in cls.__struct_fields__
            if environ.get(f"WEBHOOKS_{name.upper()}")
        }
        if "allowed_networks" in given:
            given["allowed_networks"] = _networks(str(given["allowed_networks"]))
        for name in given.keys() & _EXPECTED.keys():
            try:
                given[name] = msgspec.convert(given[name], _KINDS[name], strict=False)
            except msgspec.ValidationError:
                told = f"WEBHOOKS_{name.upper()} has to be {_EXPECTED[name]}."
                raise NotConfigured(told) from None
        return cls(**given)  # type: ignore[arg-type]  # each is of its kind by now


_EXPECTED = {
    "deliver": "true or false",
    "allow_http": "true or false",
    "seconds": "a number from 1 to 30",
}
_KINDS = {
    "deliver": bool,
    "allow_http": bool,
    "seconds": Annotated[float, msgspec.Meta(ge=1, le=30)],
}


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(written.strip()) for written in text.split(","))
    except ValueError as error:
        told = f"WEBHOOKS_ALLOWED_NETWORKS has to be addresses or networks by comma: {error}."
        raise NotConfigured(told) from None


@cache
def operator_settings() -> OperatorSettings:
    """Return what the operator has set for this process.

    Raises:
        NotConfigured: a variable is wrong.
    """
    return OperatorSettings.read()

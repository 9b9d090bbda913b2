"""Who is at the other end of a request, as far as that is known."""

from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency

MAX_DEVICE_CHARACTERS: Final = 200


class Client(msgspec.Struct, frozen=True):
    """The other end of a request."""

    address: str
    device: str


CurrentClient = NamedDependency[Client]
"""`client`: who sends the request; for the core's handlers only."""


def client_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Client:
    """Return who sends the request."""
    return Client(client_address(connection), client_device(connection))


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the IP address that the request comes from, empty where it is not known.

    Where proxies that are trusted stand in between, it is the one that they tell.
    """
    client = connection.scope["client"]
    return client[0] if client else ""


def client_device(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return what the device calls itself, fit to be shown; empty where it says nothing."""
    agent = connection.headers.get("user-agent", "")
    shown = "".join(character for character in agent if character.isprintable())
    return shown[:MAX_DEVICE_CHARACTERS].strip()

"""Whom a request comes from."""

from typing import Any

from litestar.connection import ASGIConnection


def client_address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the address that a request comes from, past the proxies that are trusted.

    Empty where there is none, as behind a unix socket.
    """
    client = connection.client
    return client.host if client else ""

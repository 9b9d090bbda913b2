"""The headers that access depends on, each of which counts once or not at all."""

from typing import TYPE_CHECKING, Final

from tochka_plugins import InvalidInput, NotAuthenticated

from tochka_core.domains.names import host_name

if TYPE_CHECKING:
    from litestar.types import Scope

_AUTHORIZATION: Final = b"authorization"


def find_header(scope: "Scope", wanted: bytes) -> str | None:
    """Return a header's value, `None` where it is absent.

    Raises:
        InvalidInput: it is there more than once, and it is not told which one counts.
    """
    found: bytes | None = None
    for name, value in scope["headers"]:
        if name == wanted:
            if found is not None:
                raise _given_twice(wanted)
            found = value
    if found is None:
        return None
    # A proxy may have joined repeated headers with a comma (RFC 9110, section 5.3). In what is to
    # sign somebody in, it is no token.
    if b"," in found and wanted != _AUTHORIZATION:
        raise _given_twice(wanted)
    return found.decode("latin-1")


def _given_twice(wanted: bytes) -> InvalidInput:
    name = wanted.decode().title()
    return InvalidInput(f"The header {name} is given more than once.", pointer=f"/{name}")


def find_tenant_name(scope: "Scope") -> str | None:
    """Return what `X-Tenant` names."""
    name = find_header(scope, b"x-tenant")
    return None if name is None else name.strip()


def find_domain(scope: "Scope") -> str:
    """Return the domain that the request was sent to, empty where that is none."""
    return host_name(find_header(scope, b"host") or "")


def is_signed(scope: "Scope") -> bool:
    """Tell whether the request says who makes it, rightly or not."""
    return any(name == _AUTHORIZATION for name, _ in scope["headers"])


def bearer_token(scope: "Scope") -> str:
    """Return the access token or API key of the request.

    Raises:
        NotAuthenticated: there is none.
    """
    scheme, _, token = (find_header(scope, _AUTHORIZATION) or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip(" "):
        raise NotAuthenticated("Send an access token: Authorization: Bearer …")
    return token.strip(" ")

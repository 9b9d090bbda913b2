"""`/api/v1/auth`."""

from typing import Any

from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK
from tochka_plugins import ANONYMOUS

from tochka_core.auth.schemas import Credentials, TokenOut
from tochka_core.auth.services import AuthService
from tochka_core.auth.tokens import AccessTokens
from tochka_core.http.client import client_address
from tochka_core.users.schemas import UserOut


class AuthController(Controller):
    """Registering and signing in."""

    path = "/auth"
    tags = ["auth"]  # noqa: RUF012 - the name and type are Litestar's
    opt = ANONYMOUS

    @post("/register", summary="Register")
    async def register(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[Credentials],
        auth: NamedDependency[AuthService],
    ) -> UserOut:
        """Make a person who can sign in by phone and password."""
        return UserOut.of(
            await auth.register(data.phone, data.password, address=client_address(request))
        )

    @post("/login", status_code=HTTP_200_OK, summary="Sign in")
    async def login(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[Credentials],
        auth: NamedDependency[AuthService],
        access_tokens: NamedDependency[AccessTokens],
    ) -> TokenOut:
        """Return an access token for a phone and a password."""
        token = await auth.login(data.phone, data.password, address=client_address(request))
        return TokenOut(access_token=token, expires_in=access_tokens.lifetime_seconds)

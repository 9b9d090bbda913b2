"""`/api/v1/auth`."""

from typing import Final

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_202_ACCEPTED
from tochka_plugins import ANONYMOUS, NotAuthenticated, problems

from tochka_core.auth.registration import Registration
from tochka_core.auth.schemas import Confirmation, Credentials, LoginIn
from tochka_core.auth.services import AuthService
from tochka_core.codes.schemas import CodeSentOut
from tochka_core.http.caching import KEPT_BY_NOBODY
from tochka_core.http.client import CurrentClient
from tochka_core.messages.outgoing import CurrentOutgoing
from tochka_core.second_factor.schemas import ChallengeOut
from tochka_core.sessions.schemas import TokensOut
from tochka_core.sessions.signing_in import SignedIn
from tochka_core.users.models import User
from tochka_core.users.schemas import UserOut

_REGISTERED: Final = {
    HTTP_201_CREATED: ResponseSpec(UserOut, description="Registered"),
    HTTP_202_ACCEPTED: ResponseSpec(CodeSentOut, description="A code is to be confirmed"),
}


class AuthController(Controller):
    """Registering and signing in."""

    path = "/auth"
    tags = ["auth"]  # noqa: RUF012 - the name and type are Litestar's
    cache_control = KEPT_BY_NOBODY
    opt = ANONYMOUS

    @post("/register", summary="Register", responses=_REGISTERED)
    async def register(
        self,
        data: JSONBody[Credentials],
        outgoing: CurrentOutgoing,
        registration: NamedDependency[Registration],
        client: CurrentClient,
    ) -> Response[UserOut | CodeSentOut]:
        """Make a person who can sign in by phone and password.

        Where phones are confirmed, a code is sent first, and the answer is the same for a phone
        that is registered already.
        """
        made = await registration.register(data.phone, data.password, address=client.address)
        if isinstance(made, User):
            return Response(UserOut.of(made))
        return Response(
            CodeSentOut.of(made.issued),
            status_code=HTTP_202_ACCEPTED,
            background=outgoing.after_answer(made.message),
        )

    @post("/register/confirm", summary="Confirm the phone and register")
    async def confirm(
        self,
        data: JSONBody[Confirmation],
        registration: NamedDependency[Registration],
        client: CurrentClient,
    ) -> UserOut:
        """Make the person whose phone the code came to."""
        return UserOut.of(
            await registration.confirm(secret=data.secret, code=data.code, address=client.address)
        )

    @post(
        "/login",
        status_code=HTTP_200_OK,
        responses=problems(NotAuthenticated),
        summary="Sign in",
    )
    async def login(
        self,
        data: JSONBody[LoginIn],
        auth: NamedDependency[AuthService],
        client: CurrentClient,
    ) -> TokensOut | ChallengeOut:
        """Begin a session by a phone and a password; return its first tokens.

        Who has a second factor is given a challenge, to be answered at `/auth/login/second-factor`.
        """
        begun = await auth.login(data.phone, data.password, client, device_token=data.device_token)
        return TokensOut.of(begun) if isinstance(begun, SignedIn) else ChallengeOut(begun.text)

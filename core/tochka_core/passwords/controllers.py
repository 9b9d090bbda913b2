"""`/api/v1/auth/password`."""

from typing import Final

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.status_codes import HTTP_202_ACCEPTED, HTTP_204_NO_CONTENT
from tochka_plugins import ANONYMOUS, CurrentPerson, requires_step_up

from tochka_core.codes.schemas import CodeSentOut
from tochka_core.http.caching import KEPT_BY_NOBODY
from tochka_core.http.client import CurrentClient
from tochka_core.messages.outgoing import CurrentOutgoing
from tochka_core.passwords.changing import PasswordService
from tochka_core.passwords.schemas import PasswordChangeIn, PasswordForgottenIn, PasswordResetIn

_REPLACED: Final = {HTTP_204_NO_CONTENT: ResponseSpec(None, description="Replaced")}
"""Else the empty body would be described as `null` in JSON."""


class PasswordController(Controller):
    """One's own password."""

    path = "/auth/password"
    tags = ["auth"]  # noqa: RUF012 - the name and type are Litestar's
    cache_control = KEPT_BY_NOBODY

    @post(
        "/change",
        status_code=HTTP_204_NO_CONTENT,
        summary="Change one's password",
        guards=[requires_step_up()],
    )
    async def change(
        self,
        data: JSONBody[PasswordChangeIn],
        person: CurrentPerson,
        outgoing: CurrentOutgoing,
        passwords: NamedDependency[PasswordService],
    ) -> Response[None]:
        """Replace the present password. All other sessions of the person end."""
        notice = await passwords.change(
            person, current=data.current_password, password=data.password
        )
        return Response(None, background=outgoing.after_answer(notice))

    @post(
        "/forgot",
        status_code=HTTP_202_ACCEPTED,
        opt=ANONYMOUS,
        summary="Ask for a code to reset one's password",
    )
    async def forgot(
        self,
        data: JSONBody[PasswordForgottenIn],
        outgoing: CurrentOutgoing,
        passwords: NamedDependency[PasswordService],
        client: CurrentClient,
    ) -> Response[CodeSentOut]:
        """Send a code to the phone, if it is an active person's; the answer does not tell."""
        sent = await passwords.forget(data.phone, address=client.address)
        return Response(CodeSentOut.of(sent.issued), background=outgoing.after_answer(sent.message))

    @post(
        "/reset",
        status_code=HTTP_204_NO_CONTENT,
        responses=_REPLACED,
        opt=ANONYMOUS,
        summary="Choose a password by a code",
    )
    async def reset(
        self,
        data: JSONBody[PasswordResetIn],
        outgoing: CurrentOutgoing,
        passwords: NamedDependency[PasswordService],
        client: CurrentClient,
    ) -> Response[None]:
        """Replace the password of the person whose phone the code came to. All sessions end."""
        notice = await passwords.reset(
            secret=data.secret,
            code=data.code,
            password=data.password,
            address=client.address,
        )
        return Response(None, background=outgoing.after_answer(notice))

"""`/api/v1/auth/second-factor`, where its codes are asked for, and who may remove another's."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT
from tochka_plugins import (
    ANONYMOUS,
    Conflict,
    CurrentPerson,
    CurrentPrincipal,
    NotAuthenticated,
    problems,
    requires_step_up,
)

from tochka_core.db.injection import PlatformSession
from tochka_core.http.caching import KEPT_BY_NOBODY
from tochka_core.http.client import CurrentClient
from tochka_core.messages.outgoing import CurrentOutgoing
from tochka_core.second_factor.factors import find_factor
from tochka_core.second_factor.recovery_codes import count_codes
from tochka_core.second_factor.schemas import (
    ChallengeAnswer,
    Code,
    CurrentPassword,
    EnrolmentOut,
    RecoveryCodesOut,
    SecondFactorOut,
)
from tochka_core.second_factor.services import SecondFactors
from tochka_core.sessions.schemas import TokensOut
from tochka_core.tenants.standing import require_platform_master


class SecondFactorController(Controller):
    """The caller's second factor."""

    path = "/auth"
    tags = ["auth"]  # noqa: RUF012 - the name and type are Litestar's
    cache_control = KEPT_BY_NOBODY

    @post(
        "/login/second-factor",
        status_code=HTTP_200_OK,
        summary="Sign in with a second factor",
        opt=ANONYMOUS,
        responses=problems(NotAuthenticated),
    )
    async def sign_in(
        self,
        data: JSONBody[ChallengeAnswer],
        second_factors: NamedDependency[SecondFactors],
        client: CurrentClient,
    ) -> TokensOut:
        """Begin the session that the password alone has not begun; return its first tokens."""
        signed_in = await second_factors.sign_in(
            data.challenge, data.code, client, device_token=data.device_token
        )
        return TokensOut.of(signed_in)

    @post("/step-up", status_code=HTTP_204_NO_CONTENT, summary="Prove the second factor again")
    async def step_up(
        self,
        data: JSONBody[Code],
        person: CurrentPerson,
        second_factors: NamedDependency[SecondFactors],
    ) -> None:
        """Open to this session, for some minutes, what asks for a fresh proof."""
        await second_factors.step_up(person, data.code)

    @get("/second-factor", summary="Have I a second factor")
    async def show(
        self, platform_session: PlatformSession, person: CurrentPerson
    ) -> SecondFactorOut:
        """Return whether codes are asked for, and how many recovery codes are left."""
        factor = await find_factor(platform_session, person.user_id)
        enrolled_at = factor.confirmed_at if factor else None
        return SecondFactorOut(
            is_enrolled=enrolled_at is not None,
            enrolled_at=enrolled_at,
            recovery_codes_left=await count_codes(platform_session, person.user_id),
        )

    @post("/second-factor", summary="Set up a second factor")
    async def begin(
        self,
        data: JSONBody[CurrentPassword],
        person: CurrentPerson,
        second_factors: NamedDependency[SecondFactors],
    ) -> EnrolmentOut:
        """Return what an authenticator app has to be given; a code of it must confirm it."""
        return EnrolmentOut.of(await second_factors.begin(person, data.password))

    @post("/second-factor/confirm", status_code=HTTP_200_OK, summary="Confirm a second factor")
    async def confirm(
        self,
        data: JSONBody[Code],
        person: CurrentPerson,
        outgoing: CurrentOutgoing,
        second_factors: NamedDependency[SecondFactors],
    ) -> Response[RecoveryCodesOut]:
        """Ask for codes from now on, and end the other sessions; return recovery codes."""
        confirmed = await second_factors.confirm(person, data.code)
        return Response(
            RecoveryCodesOut(confirmed.recovery_codes),
            background=outgoing.after_answer(confirmed.notice),
        )

    @post("/second-factor/recovery-codes", summary="Make new recovery codes")
    async def renew_recovery_codes(
        self,
        data: JSONBody[Code],
        person: CurrentPerson,
        second_factors: NamedDependency[SecondFactors],
    ) -> RecoveryCodesOut:
        """Return new recovery codes; the old ones are good no more."""
        return RecoveryCodesOut(await second_factors.renew_recovery_codes(person, data.code))

    @post(
        "/second-factor/remove",
        status_code=HTTP_204_NO_CONTENT,
        summary="Remove the second factor",
    )
    async def remove(
        self,
        data: JSONBody[Code],
        person: CurrentPerson,
        outgoing: CurrentOutgoing,
        second_factors: NamedDependency[SecondFactors],
    ) -> Response[None]:
        """Ask for the password alone from now on, and end the other sessions."""
        notice = await second_factors.remove(person, data.code)
        return Response(None, background=outgoing.after_answer(notice))


class UserSecondFactorController(Controller):
    """The second factors of others."""

    path = "/users"
    tags = ["users"]  # noqa: RUF012 - the name and type are Litestar's

    @delete(
        "/{user_id:uuid}/second-factor",
        summary="Remove a user's second factor",
        guards=[requires_step_up()],
    )
    async def remove(
        self,
        user_id: FromPath[UUID],
        principal: CurrentPrincipal,
        outgoing: CurrentOutgoing,
        second_factors: NamedDependency[SecondFactors],
    ) -> Response[None]:
        """Let a person who has lost it sign in by the password alone, and end their sessions.

        Only a `platform_master` may. Their own they remove with a code, as everybody does.
        """
        actor = require_platform_master(principal).user_id
        if user_id == actor:
            raise Conflict("Remove your own second factor with a code.")
        notice = await second_factors.remove_of(user_id, actor=actor)
        return Response(None, background=outgoing.after_answer(notice))

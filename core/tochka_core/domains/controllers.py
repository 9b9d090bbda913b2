"""`/api/v1/tenants/{name}/domains`."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from tochka_plugins import CurrentPrincipal, Page, PageQuery
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db import Database
from tochka_core.db.injection import PlatformSession
from tochka_core.domains import claims
from tochka_core.domains.proofs import ProofFinder
from tochka_core.domains.schemas import DomainIn, DomainOut
from tochka_core.domains.verification import verify
from tochka_core.tenants.permissions import MANAGE_DOMAINS
from tochka_core.tenants.standing import get_standing, lock_tenant_to
from tochka_core.throttling.services import TryCounter


class DomainController(Controller):
    """The domains of a tenant, for those who manage them."""

    path = "/tenants/{name:str}/domains"
    tags = ["domains"]  # noqa: RUF012 - the name and type are Litestar's

    @post("/", summary="Claim a domain")
    async def claim(
        self,
        name: FromPath[str],
        data: JSONBody[DomainIn],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> DomainOut:
        """Return what proves the domain; it chooses the tenant once that is verified."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_DOMAINS)
        made = await claims.claim(platform_session, standing, data.domain)
        return DomainOut.of((made, None))

    @get("/", summary="List domains")
    async def list_all(
        self,
        name: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[DomainOut]:
        """Return the domains that the tenant has claimed, by name."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_DOMAINS)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await claims.list_claims(platform_session, standing.tenant, query)
        return query.page([DomainOut.of(item) for item in found], total)

    @post("/{domain:str}/verify", summary="Verify a domain", status_code=HTTP_200_OK)
    async def verify(
        self,
        name: FromPath[str],
        domain: FromPath[str],
        *,
        principal: CurrentPrincipal,
        counter: NamedDependency[TryCounter],
        database: NamedDependency[Database],
        proofs: NamedDependency[ProofFinder],
    ) -> DomainOut:
        """Look for the proof now; may take half a minute. Without a proof the answer is 409."""
        return DomainOut.of(
            await verify(database, proofs, principal, name, domain, counter=counter)
        )

    @delete("/{domain:str}", summary="Release a domain")
    async def release(
        self,
        name: FromPath[str],
        domain: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
    ) -> None:
        """Give the domain up: anyone who proves it may have it then."""
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_DOMAINS)
        await claims.release(platform_session, standing, domain)

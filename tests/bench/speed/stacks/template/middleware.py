"""The template's own middleware, as it is there."""

from sqlalchemy import select
from starlette.types import ASGIApp, Receive, Scope, Send

from speed.stacks.template.database import SessionLocal
from speed.stacks.template.models import Tenant


class TenantMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {k.decode().lower(): v.decode() for k, v in scope.get("headers", [])}
        tenant_name = headers.get("x-tenant")
        scope["tenant"] = None
        if tenant_name:
            async with SessionLocal() as session:
                scope["tenant"] = await session.scalar(
                    select(Tenant).where(Tenant.name == tenant_name)
                )
        await self.app(scope, receive, send)

"""The handlers of the module in an application of their own: the same service, the same session.

What is missing is the platform: nobody is signed in, and the header is believed.
"""

import os
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec
from litestar import Litestar, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_contacts.schemas import ContactIn, ContactOut
from tochka_contacts.services import ContactService
from tochka_core.db import Database
from tochka_core.users.schemas import UserOut
from tochka_core.users.services import get_user
from tochka_plugins.pagination import Page, PageQuery, provide_page_query

_TENANT: Final = UUID(os.environ["BENCH_TENANT_ID"])
_PERSON: Final = UUID(os.environ["BENCH_USER_ID"])
_database = Database(make_url(os.environ["DATABASE_URL"]))

Session = NamedDependency[AsyncSession]


async def _provide_session() -> AsyncIterator[AsyncSession]:
    async with _database.tenant_scope(_TENANT) as session:
        yield session


async def _provide_platform_session() -> AsyncIterator[AsyncSession]:
    async with _database.platform_scope(reason="request") as session:
        yield session


class _Live(msgspec.Struct):
    status: str = "live"


@get("/health/live")
async def live() -> _Live:
    return _Live()


@get("/api/v1/users/me")
async def me(platform_session: NamedDependency[AsyncSession]) -> UserOut:
    return UserOut.of(await get_user(platform_session, _PERSON))


@get("/api/v1/contacts")
async def list_all(session: Session, page_query: NamedDependency[PageQuery]) -> Page[ContactOut]:
    return await ContactService(session).list_page(page_query)


@get("/api/v1/contacts/{contact_id:uuid}")
async def get_one(contact_id: FromPath[UUID], session: Session) -> ContactOut:
    return await ContactService(session).get(contact_id)


@post("/api/v1/contacts")
async def create(data: JSONBody[ContactIn], session: Session) -> ContactOut:
    return await ContactService(session).create(data)


app = Litestar(
    [live, me, list_all, get_one, create],
    dependencies={
        "page_query": Provide(provide_page_query),
        "platform_session": Provide(_provide_platform_session),
        "session": Provide(_provide_session),
    },
    on_shutdown=[_database.dispose],
    openapi_config=None,
    logging_config=None,
)

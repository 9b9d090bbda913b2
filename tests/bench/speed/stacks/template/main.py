"""The application; uvicorn serves it."""

import asyncio

from fastapi import APIRouter, FastAPI, HTTPException
from sqlalchemy import select

from speed.stacks.template.middleware import TenantMiddleware
from speed.stacks.template.models import Contact, User
from speed.stacks.template.schemas import (
    ContactIn,
    ContactOut,
    ContactPage,
    Credentials,
    Token,
    UserOut,
)
from speed.stacks.template.security import (
    CurrentTenant,
    CurrentUser,
    Session,
    issue_token,
    verify_password,
)
from speed.stacks.template.services import ContactService

api = APIRouter(prefix="/api/v1")


@api.post("/auth/login", response_model=Token)
async def login(data: Credentials, session: Session) -> Token:
    user = await session.scalar(select(User).where(User.phone == data.phone))
    is_right = user is not None and await asyncio.to_thread(
        verify_password, data.password, user.password_hash
    )
    if not is_right:
        raise HTTPException(401, "Wrong phone or password")
    return Token(access_token=issue_token(user))


@api.get("/users/me", response_model=UserOut)
async def me(user: CurrentUser) -> User:
    return user


@api.get("/contacts", response_model=ContactPage)
async def list_contacts(
    tenant: CurrentTenant, session: Session, limit: int = 50, offset: int = 0
) -> dict[str, object]:
    items, total = await ContactService.list_page(session, tenant, limit, offset)
    return {"items": items, "total": total, "limit": limit, "offset": offset}


@api.get("/contacts/{contact_id}", response_model=ContactOut)
async def get_contact(contact_id: int, tenant: CurrentTenant, session: Session) -> Contact:
    contact = await ContactService.get(session, tenant, contact_id)
    if contact is None:
        raise HTTPException(404, "No such contact")
    return contact


@api.post("/contacts", response_model=ContactOut, status_code=201)
async def create_contact(data: ContactIn, tenant: CurrentTenant, session: Session) -> Contact:
    return await ContactService.create(session, tenant, data)


app = FastAPI(title="Tochka Rosta - Core")
app.add_middleware(TenantMiddleware)
app.include_router(api)


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}

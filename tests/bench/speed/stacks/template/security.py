"""Passwords and tokens, and who a request is from."""

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated

import bcrypt
import jwt
from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from speed.stacks.template.database import get_session
from speed.stacks.template.models import Membership, Tenant, User

SECRET = os.environ["JWT_SECRET"]

Session = Annotated[AsyncSession, Depends(get_session)]
Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def verify_password(plain: str, hashed: str) -> bool:
    return bcrypt.checkpw(plain.encode(), hashed.encode())


def issue_token(user: User) -> str:
    claims = {"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(hours=1)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def current_user(bearer: Bearer, session: Session) -> User:
    try:
        claims = jwt.decode(bearer.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Invalid token") from error
    user = await session.scalar(select(User).where(User.id == int(claims["sub"])))
    if user is None or not user.is_active:
        raise HTTPException(401, "Invalid token")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


async def current_tenant(request: Request, user: CurrentUser, session: Session) -> Tenant:
    tenant: Tenant | None = request.scope["tenant"]
    if tenant is None:
        raise HTTPException(400, "Choose a tenant")
    if await session.get(Membership, (tenant.id, user.id)) is None:
        raise HTTPException(404, "No such tenant")
    return tenant


CurrentTenant = Annotated[Tenant, Depends(current_tenant)]

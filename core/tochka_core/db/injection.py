"""The session that the core's own handlers ask for."""

from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

PlatformSession = NamedDependency[AsyncSession]
"""`platform_session`: a transaction that sees all tenants; for the core's handlers only.

It is committed when the handler has returned, before the answer is sent, and rolled back when the
handler raises.
"""

"""Writing down which limits modules declare, for the database to go by."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Limit

from tochka_core.limits.models import DeclaredLimit


async def declare_limits(session: AsyncSession, module: str, limits: Sequence[Limit]) -> None:
    """Replace what *module* has declared before; what is counted stays."""
    gone = delete(DeclaredLimit).where(
        DeclaredLimit.module == module,
        DeclaredLimit.name.not_in([limit.name for limit in limits]),
    )
    await session.execute(gone)
    for limit in limits:
        values = {
            "title": limit.title,
            "unit": limit.unit,
            "default_maximum": limit.default,
            "period": limit.period,
        }
        declared = insert(DeclaredLimit).values(name=limit.name, module=module, **values)
        await session.execute(
            declared.on_conflict_do_update(index_elements=[DeclaredLimit.name], set_=values)
        )

"""The last judgement on every module, as it stands in the database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, not_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins.host import Quarantined, StagedModule

from tochka_core.limits.declaring import declare_limits
from tochka_core.registry.models import Module


async def read_ready(session: AsyncSession) -> Mapping[str, str]:
    """Return the version of each module that may be served, by name."""
    rows = await session.execute(select(Module.name, Module.version).where(Module.state == "ready"))
    return {row.name: row.version for row in rows}


async def write_judgement(
    session: AsyncSession,
    *,
    ready: Sequence[StagedModule],
    requires: Mapping[str, frozenset[str]],
    quarantined: Sequence[Quarantined],
) -> None:
    """Replace the record; a module that is in neither list is missing, and its data stay."""
    seen = [*(module.name for module in ready), *(module.name for module in quarantined)]
    await session.execute(
        update(Module)
        .where(Module.name.not_in(seen))
        .values(state="missing", phase=None, reason=None, blocked_by=None, version=None)
    )
    for module in ready:
        await _write(
            session,
            name=module.name,
            display_name=module.info.title,
            description=module.info.description,
            icon=module.info.icon,
            distribution=module.candidate.distribution,
            version=module.candidate.version,
            requires=sorted(requires[module.name]),
            state="ready",
            phase=None,
            reason=None,
            blocked_by=None,
        )
        await _settle_availability(session, module)
        await declare_limits(session, module.name, module.limits)
    for item in quarantined:
        # Title and description stay as they were when the module was last ready.
        await _write(
            session,
            name=item.name,
            distribution=item.distribution,
            version=item.version,
            state="quarantined",
            phase=item.phase,
            reason=item.reason,
            blocked_by=item.blocked_by,
        )


async def _settle_availability(session: AsyncSession, module: StagedModule) -> None:
    """Take what *module* wishes, once: later versions of it close it to nobody."""
    await session.execute(
        update(Module)
        .where(Module.name == module.name, not_(Module.is_availability_settled))
        .values(availability=module.info.availability, is_availability_settled=True)
    )


async def _write(session: AsyncSession, *, name: str, **values: object) -> None:
    statement = insert(Module).values(**{"name": name, "display_name": name, **values})
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[Module.name], set_={**values, "judged_at": func.now()}
        )
    )

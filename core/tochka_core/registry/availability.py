"""Who may enable a module: the module's wish, until the operator says otherwise."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound
from tochka_plugins.info import Availability

from tochka_core.audit.services import record
from tochka_core.registry.models import Module


def no_such_module() -> NotFound:
    """Return the answer for a module that there is not, or not any more."""
    return NotFound("There is no such module.")


async def set_availability(
    session: AsyncSession, name: str, availability: Availability, *, actor: UUID | None
) -> Module:
    """Let *availability* tell who may enable a module, whatever the module wishes, now and later.

    Tenants that have enabled it keep it so. The same again is no error.

    Raises:
        NotFound: there is no such module.
    """
    # The row is locked as a judgement locks it, which does not wait for those who enable it.
    locked = select(Module).where(Module.name == name).with_for_update(key_share=True)
    module = await session.scalar(locked.execution_options(populate_existing=True))
    if module is None:
        raise no_such_module()
    before = module.availability
    module.availability, module.is_availability_settled = availability, True
    if before != availability:
        record(
            session,
            "module.availability_changed",
            actor=actor,
            tenant=None,
            module=name,
            before=before,
            availability=availability,
        )
    return module

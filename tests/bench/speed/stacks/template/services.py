"""What is done with the rows of one tenant."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from speed.stacks.template.models import Contact, Tenant
from speed.stacks.template.schemas import ContactIn


class ContactService:
    @staticmethod
    async def list_page(
        session: AsyncSession, tenant: Tenant, limit: int, offset: int
    ) -> tuple[list[Contact], int]:
        own = select(Contact).where(Contact.tenant_id == tenant.id)
        rows = await session.scalars(own.order_by(Contact.id).limit(limit).offset(offset))
        total = await session.scalar(select(func.count()).select_from(own.subquery()))
        return list(rows), total or 0

    @staticmethod
    async def get(session: AsyncSession, tenant: Tenant, contact_id: int) -> Contact | None:
        return await session.scalar(
            select(Contact).where(Contact.tenant_id == tenant.id, Contact.id == contact_id)
        )

    @staticmethod
    async def create(session: AsyncSession, tenant: Tenant, data: ContactIn) -> Contact:
        contact = Contact(tenant_id=tenant.id, **data.model_dump())
        session.add(contact)
        await session.commit()
        await session.refresh(contact)
        return contact

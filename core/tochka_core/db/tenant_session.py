"""The session of a tenant's scope: what it stores is the tenant's, whatever a body has said."""

from typing import Final
from uuid import UUID

import tochka_plugins  # TenantModel is imported with the first flush: it brings the web framework
from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction
from tochka_plugins.errors import PermissionDenied

TENANT_KEY: Final = "tochka_tenant_id"
"""Where `Session.info` says whose session it is."""


class TenantSession(Session):
    """Names the tenant in every row that it adds, and gives none to another tenant.

    The database would do both; asked here, a mistake is told before anything is sent.
    """


@event.listens_for(TenantSession, "before_flush")
def _keep_rows(session: Session, _context: UOWTransaction, _instances: object) -> None:
    tenant_id: UUID = session.info[TENANT_KEY]
    for row in session.new:
        if isinstance(row, tochka_plugins.TenantModel) and row.tenant_id is None:
            row.tenant_id = tenant_id
    for row in (*session.new, *session.dirty):
        if isinstance(row, tochka_plugins.TenantModel) and row.tenant_id != tenant_id:
            raise PermissionDenied("A row cannot be given to another tenant.")

"""The tables of domains: what tenants claim, and who holds what was proven."""

from base64 import urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tochka_core.db.tables import CoreBase

Method = Literal["dns", "file", "platform"]
"""How a domain was proven; `platform`: the platform vouches for it, and nothing is looked up."""

Status = Literal["verified", "lapsed"]


class DomainClaim(CoreBase):
    """A tenant's wish to have a domain, and what it is to prove it with.

    Any number of tenants may claim one domain. The claim stays when it is proven: the proof is
    looked at again.
    """

    __tablename__ = "domain_claims"

    tenant_id: Mapped[UUID] = mapped_column(
        ForeignKey("tochka.tenants.id", ondelete="CASCADE"), primary_key=True
    )
    domain: Mapped[str] = mapped_column(primary_key=True)
    """In ASCII, lower case, as a browser sends it in `Host`."""
    token: Mapped[str]
    """Random, new for each claim."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def proof(self) -> str:
        """What the record or the file is to hold.

        It is public once it is published. A claim that is brought in by an import with somebody
        else's token, or with none, does not get theirs: it depends on the tenant too.
        """
        said = f"{self.tenant_id} {self.domain} {self.token}"
        return urlsafe_b64encode(sha256(said.encode()).digest()).decode().rstrip("=")


class Domain(CoreBase):
    """A domain that was proven: it has one holder, who keeps it until they release it.

    The platform's own, as it says of all tenants together who has what: the key does not hold the
    tenant, so that a domain cannot be there twice.
    """

    __tablename__ = "domains"
    __table_args__ = (
        ForeignKeyConstraint(
            ["holder_id", "domain"],
            ["tochka.domain_claims.tenant_id", "tochka.domain_claims.domain"],
            ondelete="CASCADE",
        ),
        CheckConstraint("method IN ('dns', 'file', 'platform')", name="method"),
        Index(None, "holder_id", unique=True, postgresql_where=text("method = 'platform'")),
    )

    domain: Mapped[str] = mapped_column(primary_key=True)
    holder_id: Mapped[UUID]
    """The tenant that it chooses, and the claim that it proves."""
    method: Mapped[Method] = mapped_column(Text)
    verified_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Since when it is proven without a break."""
    checked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When last somebody answered where the proof should be."""
    lapsed_at: Mapped[datetime | None]
    """Since when the proof is gone: it chooses nobody, and nobody else may have it."""

    @property
    def status(self) -> Status:
        """Whether it chooses its holder."""
        return "verified" if self.lapsed_at is None else "lapsed"

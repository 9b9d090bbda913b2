"""What a handler may ask for. The parameter has the name that is given here, and the type.

    @post("/")
    async def create(data: NoteIn, session: Session, tenant: CurrentTenant) -> NoteOut: ...

Each is made for one request, when a handler asks for it.
"""

from typing import TypeAlias

from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from tochka_plugins.context import Person, Principal, SettingsT, Tenant
from tochka_plugins.counting import Limits
from tochka_plugins.pagination import PageQuery

Session = NamedDependency[AsyncSession]
"""`session`: a transaction that sees and writes the rows of the chosen tenant only.

It is committed when the handler has returned, before the answer is sent, and rolled back when the
handler raises.
"""

CurrentTenant = NamedDependency[Tenant]
"""`tenant`: the tenant that the request has chosen."""

CurrentPrincipal = NamedDependency[Principal]
"""`principal`: who makes the request, a person or an API key of the tenant."""

CurrentPerson = NamedDependency[Person]
"""`person`: the person who makes the request; one that is made with an API key is answered 403."""

CurrentLimits = NamedDependency[Limits]
"""`limits`: counts for the chosen tenant what modules bound; kept, or not, with `session`."""

RequestedPage = NamedDependency[PageQuery]
"""`page_query`: the page that `limit`, `offset`, `order_by` and `search` ask for."""

CurrentSettings: TypeAlias = NamedDependency[SettingsT]
"""`settings`: what the chosen tenant has set, and the defaults of what it has not.

`CurrentSettings[NoteSettings]`, of the struct that the module gives in `tochka_settings`. They are
as of this request, read without a query, and nobody else's: a handler may do with them as it likes.
"""

"""Clients that know who asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from tochka_plugins.context import Tenant
from tochka_plugins.testing.signing_in import Credential


class Caller(httpx.Client):
    """A person, or a service with an API key, as a client of the platform.

    It chooses its tenant with each request. Of the attributes below it has those that apply.
    """

    tenant: Tenant
    """The tenant that it chooses."""

    user_id: UUID
    """The id of the person."""

    phone: str
    """The phone by which the person signs in."""

    password: str
    """The password by which the person signs in."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        *,
        credential: Credential,
        tenant: Tenant | None = None,
        **identity: object,
    ) -> None:
        """Call over *connection*, which holds the options of an httpx client.

        *identity* are attributes to have.
        """
        headers = {"Authorization": credential.authorization}
        if tenant is not None:
            self.tenant = tenant
            headers["X-Tenant"] = tenant.name
        super().__init__(auth=credential, headers=headers, **connection)
        self._connection = connection
        vars(self).update(identity)

    def asynchronous(self) -> httpx.AsyncClient:
        """Return the same caller for `await`; it need not be closed."""
        return httpx.AsyncClient(auth=self.auth, headers=self.headers, **self._connection)

"""A tenant that has the module, and a receiver to be told at."""

PATH = "/api/v1/webhooks"


class Listening:
    """What a test does as the owner of a tenant; `client` is what it has for all else."""

    def __init__(self, tochka, client, receiver):
        self._tochka = tochka
        self.client = client
        self.receiver = receiver

    @property
    def id(self):
        return self.client.tenant.id

    def listen(self, url=None, **fields):
        """Add an endpoint; return it with its secret."""
        told = {"url": url or self.receiver.url, **fields}
        return self._checked(self.client.post(f"{PATH}/endpoints", json=told))

    def join(self):
        """Have somebody join the tenant, which is an event; return who."""
        return self._tochka.member_client(self.client.tenant.name).user_id

    def scope(self):
        """Open a transaction of the tenant, as the module works in."""
        return self._tochka.door().tenant_scope(self.id)

    def enable(self, endpoint, *, enabled=True):
        return self._checked(
            self.client.patch(f"{PATH}/endpoints/{endpoint['id']}", json={"enabled": enabled})
        )

    def deliveries(self, **query):
        """Return what is or was to be delivered, the oldest first."""
        query = {"order_by": "occurred_at", "limit": 200, **query}
        return self._checked(self.client.get(f"{PATH}/deliveries", params=query))["items"]

    def attempts(self, delivery):
        found = self.client.get(f"{PATH}/deliveries/{delivery['id']}/attempts")
        return self._checked(found)["items"]

    @staticmethod
    def _checked(answer):
        assert answer.is_success, answer.text
        return answer.json()

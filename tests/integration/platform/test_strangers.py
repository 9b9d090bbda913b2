"""A stranger to a tenant cannot tell it from one that does not exist, on no route about tenants."""

from uuid import UUID

import pytest
from executed import executed

OF_ONE = "/api/v1/tenants/{name}"
BY_NAME = {"domain": "shop.example.com", "module": "notes", "phone": "+79990000001"}
BY_FORMAT = {"uuid": str(UUID(int=0)), "date-time": "2100-01-01T00:00:00Z"}
BY_TYPE = {"array": [], "boolean": True, "integer": 1, "string": "guest"}


class Description:
    """What the application says of its routes, and what can be sent to them by that."""

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.operations = [
            (method.upper(), path.removeprefix(OF_ONE), operation)
            for path, operations in document["paths"].items()
            if path.startswith(OF_ONE)
            for method, operation in operations.items()
        ]

    def sound(self, schema, name=""):
        """Return a value that fits *schema*, no longer than it must be."""
        if "$ref" in schema:
            return self.sound(self.schemas[schema["$ref"].rpartition("/")[2]], name)
        if "oneOf" in schema:
            return self.sound(schema["oneOf"][0], name)
        if schema["type"] == "object":
            fields = schema.get("properties", {})
            return {field: self.sound(fields[field], field) for field in schema.get("required", [])}
        format_ = schema.get("format")
        return BY_NAME.get(name) or BY_FORMAT.get(format_) or BY_TYPE[schema["type"]]

    def path(self, operation):
        """Return a value for each parameter in the path of *operation*."""
        found = (found for found in operation.get("parameters", []) if found["in"] == "path")
        return {each["name"]: self.sound(each["schema"], each["name"]) for each in found}

    def body(self, operation):
        """Return what *operation* is told, as arguments of the client."""
        if "requestBody" not in operation:
            return {}
        return {
            "json": self.sound(operation["requestBody"]["content"]["application/json"]["schema"])
        }


@pytest.fixture
async def description(client):
    return Description((await client.get("/schema/openapi.json")).json())


async def test_a_stranger_is_told_the_same_for_as_many_statements(
    client, make_tenant, register, description
):
    await make_tenant("acme", domain="shop.example.com")
    stranger = await register()

    async def ask(tenant, method, path, operation):
        """Return all that can be seen of an answer, and the statements that it took."""
        url = (OF_ONE + path).format_map({**description.path(operation), "name": tenant})
        sent = description.body(operation)
        with executed() as statements:
            answer = await client.request(method, url, headers=stranger.headers, **sent)
        assert answer.status_code in {403, 404}, (method, path, answer.text)
        del answer.headers["x-request-id"]
        problem = {**answer.json(), "request_id": None}
        return answer.status_code, dict(answer.headers), problem, statements

    await ask("acme", "GET", "", {})
    told = {
        (method, path): [await ask(name, method, path, operation) for name in ("acme", "nope")]
        for method, path, operation in description.operations
    }
    print(f"{len(told)} operations tried as a stranger")
    assert len(told) > 20
    assert [what for what, (real, unreal) in told.items() if real != unreal] == []

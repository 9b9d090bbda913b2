"""Probes for leaks: all that one tenant owns, tried as somebody else through every operation."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from uuid import UUID, uuid4

from sqlalchemy import text

SHORTEST_SECRET = 6
"""What is shorter, such as a role, may stand in anybody's answer."""

_MARKS = {"phone": "+7", "owner_phone": "+7", "email": "@", "domain": "."}
"""What the prey's words have in them that a field of this name asks for."""

_ROWS = "SELECT to_jsonb(t)::text FROM {table} t WHERE {column} = :tenant ORDER BY 1"
_TENANT_TABLES = text(
    "SELECT format('%I.%I', n.nspname, c.relname)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped"
    " WHERE c.relkind IN ('r', 'p') AND (n.nspname = 'tochka' OR n.nspname LIKE 'mod\\_%')"
    " ORDER BY 1"
)


async def rows_of(session, tenant_id):
    """Return all rows of a tenant, by table; *session* has the scope of the platform."""
    columns = dict.fromkeys(await session.scalars(_TENANT_TABLES), "tenant_id")
    found = {}
    for table, column in {**columns, "tochka.tenants": "id"}.items():
        statement = text(_ROWS.format(table=table, column=column))
        rows = await session.scalars(statement, {"tenant": tenant_id})
        found[table] = [json.loads(row) for row in rows]
    return found


def strings_in(document):
    """Return each text that a JSON document holds."""
    match document:
        case str():
            return {document}
        case dict():
            return set().union(*map(strings_in, document.values()))
        case list():
            return set().union(*map(strings_in, document))
    return set()


@dataclass(frozen=True)
class Prey:
    """A tenant that is to lose nothing."""

    name: str
    id: UUID
    secrets: frozenset[str]
    """Every text in its rows that is in nobody else's."""

    @classmethod
    def of(cls, name, tenant_id, rows, rows_of_others):
        own = strings_in(list(rows.values())) - strings_in(list(rows_of_others.values()))
        long = frozenset(text for text in own if len(text) >= SHORTEST_SECRET)
        return cls(name, tenant_id, long - {name})

    @property
    def ids(self):
        return sorted(secret for secret in self.secrets if _is_uuid(secret))

    @property
    def words(self):
        times = re.compile(r"\d{4}-\d\d-\d\dT")
        return sorted(
            secret for secret in self.secrets if not _is_uuid(secret) and not times.match(secret)
        )


@dataclass(frozen=True)
class Probe:
    """A request that names something of the prey's."""

    method: str
    path: str
    params: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    body: object = None

    @property
    def said(self):
        return json.dumps([self.path, self.params, self.headers, self.body], ensure_ascii=False)

    def leaked(self, answer, prey, written):
        """Return the prey's secrets in an answer, but for those that the robber has brought.

        *written* is what robbers have stored before.
        """
        brought = self.said + written
        return {
            secret for secret in prey.secrets if secret in answer.text and secret not in brought
        }


@dataclass(frozen=True)
class Operation:
    """A method of a path, as the OpenAPI document describes it."""

    method: str
    path: str
    path_parameters: tuple[str, ...]
    query_parameters: tuple[str, ...]
    body: dict | None
    document: dict

    def probes(self, prey, own_name) -> Iterator[Probe]:
        """Yield requests that try to reach what is the prey's, from the tenant *own_name*."""
        names = (own_name, prey.name)
        choices = [
            names if parameter == "name" else self._values(parameter, prey)
            for parameter in self.path_parameters
        ]
        for values in product(*choices):
            given = dict(zip(self.path_parameters, values, strict=True))
            path = self.path.format(**given)
            names_prey = any(value != own_name for value in values)
            for tenant in names:
                headers = {"X-Tenant": tenant}
                body = self._body(prey)
                if names_prey or tenant == prey.name or body:
                    yield Probe(self.method, path, headers=headers, body=body)
            if names_prey:
                yield Probe(self.method, path, body=self._body(prey))
        if self.method == "get" and not self.path_parameters:
            for parameter, value in product(
                (*self.query_parameters, "tenant_id", "tenant"), (*prey.words, str(prey.id))
            ):
                headers = {"X-Tenant": own_name}
                yield Probe("get", self.path, {parameter: value}, headers)
            for field_name in ("tenant_id", "tenant.name", "name,tenant_id"):
                yield Probe("get", self.path, {"order_by": field_name}, {"X-Tenant": own_name})
        if self.body is not None:
            path = self.path.format(**dict.fromkeys(self.path_parameters, own_name))
            body = {**(self._body(prey) or {}), "tenant_id": str(prey.id)}
            yield Probe(self.method, path, headers={"X-Tenant": own_name}, body=body)

    def twin(self, probe, prey):
        """Return *probe* with ids that nobody has in the place of the prey's; `None` without any.

        The answers may not differ: they would tell that something exists.
        """
        path = probe.path
        for known in prey.ids:
            path = path.replace(known, str(uuid4()))
        if path == probe.path:
            return None
        return Probe(probe.method, path, probe.params, probe.headers, probe.body)

    def _values(self, parameter, prey):
        return ("contacts", "notes") if parameter == "module" else tuple(prey.ids)

    def _body(self, prey):
        return None if self.body is None else self._example("", self.body, prey)

    def _example(self, name, schema, prey):
        """Return a document that fits *schema* and names what is the prey's."""
        schema = self._resolved(schema)
        match schema.get("type", "string"):
            case "object":
                properties = schema.get("properties", {}).items()
                return {key: self._example(key, value, prey) for key, value in properties}
            case "array":
                return [self._example(name, schema.get("items", {}), prey)]
            case "boolean":
                return True
            case "integer" | "number":
                return 1
        if schema.get("format") == "uuid":
            return prey.ids[0]
        mark = _MARKS.get(name)
        known = next((word for word in prey.words if mark and mark in word), "decoy")
        return prey.name if name == "name" else schema.get("enum", [known])[0]

    def _resolved(self, schema):
        """Return *schema*, or what it refers to; of alternatives the first that is not null."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(self.document["components"]["schemas"][name])
        options = schema.get("oneOf") or schema.get("anyOf") or [schema]
        wanted = next(item for item in options if item.get("type") != "null")
        return wanted if wanted is schema else self._resolved(wanted)


def operations(document) -> list[Operation]:
    """Return every operation of an OpenAPI document, those that only read first."""
    found = [
        Operation(
            method=method,
            path=path,
            path_parameters=_parameters(operation, "path"),
            query_parameters=_parameters(operation, "query"),
            body=_body_schema(operation),
            document=document,
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return sorted(found, key=lambda operation: operation.method != "get")


def _parameters(operation, place):
    return tuple(
        parameter["name"]
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == place  # a header of all routes is only referred to
    )


def _body_schema(operation):
    for content in operation.get("requestBody", {}).get("content", {}).values():
        return content.get("schema")
    return None


def _is_uuid(word):
    try:
        UUID(word)
    except ValueError:
        return False
    return True

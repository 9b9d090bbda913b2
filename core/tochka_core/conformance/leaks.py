"""Probes for leaks: all that one tenant owns, tried as somebody else through every operation."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import msgspec

from tochka_core.conformance.rows import Rows

Json = Any
"""What a JSON document holds."""

SHORTEST_SECRET: Final = 6
"""What is shorter, such as a role, may stand in anybody's answer."""

_MARKS: Final = {"phone": "+7", "owner_phone": "+7", "email": "@", "domain": "."}
"""What the prey's words have in them that a field of this name asks for."""

_TENANT: Final = {"$ref": "#/components/parameters/X-Tenant"}
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT")
_NOTHING: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})


class Prey(msgspec.Struct, frozen=True):
    """A tenant that is to lose nothing."""

    name: str
    id: UUID
    secrets: frozenset[str]
    """Every text in its rows that is in nobody else's."""

    @classmethod
    def of(cls, name: str, tenant_id: UUID, rows: Rows, rows_of_others: Rows) -> "Prey":
        """Return the tenant that owns *rows*."""
        own = _texts([*rows.values()]) - _texts([*rows_of_others.values()])
        long = frozenset(text for text in own if len(text) >= SHORTEST_SECRET)
        return cls(name, tenant_id, long - {name})

    @property
    def ids(self) -> list[str]:
        """The ids among its secrets."""
        return sorted(secret for secret in self.secrets if _is_uuid(secret))

    @property
    def words(self) -> list[str]:
        """What people have written, among its secrets."""
        return sorted(
            secret for secret in self.secrets if not _is_uuid(secret) and not _MOMENT.match(secret)
        )


class Probe(msgspec.Struct, frozen=True):
    """A request that names something of the prey's."""

    method: str
    path: str
    params: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: Json = None

    def __str__(self) -> str:
        """Return the request in a line."""
        query = f"?{httpx.QueryParams(dict(self.params))}" if self.params else ""
        tenant = self.headers.get("X-Tenant")
        return f"{self.method.upper()} {self.path}{query}{f' in {tenant}' if tenant else ''}"

    @property
    def said(self) -> str:
        """All that it says."""
        told = [self.path, self.params, self.headers, self.body]
        return json.dumps(told, ensure_ascii=False)

    def leaked(self, answer: httpx.Response, prey: Prey, written: str) -> set[str]:
        """Return the prey's secrets in an answer, but for those that the robber has brought.

        *written* is what robbers have stored before.
        """
        brought = self.said + written
        return {
            secret for secret in prey.secrets if secret in answer.text and secret not in brought
        }

    async def send(
        self, client: httpx.AsyncClient, credentials: Mapping[str, str]
    ) -> httpx.Response:
        """Send it as the robber with these headers."""
        return await client.request(
            self.method,
            self.path,
            params=self.params,
            json=self.body,
            headers={**credentials, **self.headers},
        )


class Operation(msgspec.Struct, frozen=True):
    """A method of a path, as the OpenAPI document describes it."""

    method: str
    path: str
    path_parameters: tuple[str, ...]
    query_parameters: tuple[str, ...]
    body: Mapping[str, Json] | None
    """The schema of its body."""
    is_open: bool
    """Whether it shows, to whom is not signed in, what anyone may see of the chosen tenant."""
    document: Mapping[str, Json]
    known: Mapping[str, Sequence[str]] = {}
    """What to try for a path parameter of this name, beside the prey's ids."""
    fitting: Json = None
    """A body that the operation is known to take."""

    def probes(self, prey: Prey, own_name: str) -> Iterator[Probe]:
        """Yield requests that try to reach what is the prey's, from the tenant *own_name*."""
        names = (own_name,) if self.is_open else (own_name, prey.name)
        choices = [
            names if parameter == "name" else self.known.get(parameter, prey.ids)
            for parameter in self.path_parameters
        ]
        body = None if self.body is None else self._fitted(prey)
        for values in product(*choices):
            path = self.path.format(**dict(zip(self.path_parameters, values, strict=True)))
            names_prey = any(value != own_name for value in values)
            for tenant in names:
                headers = {"X-Tenant": tenant}
                if names_prey or tenant == prey.name or body:
                    yield Probe(self.method, path, headers=headers, body=body)
            if names_prey:
                yield Probe(self.method, path, body=body)
        if self.method == "get" and not self.path_parameters:
            for parameter, value in product(
                (*self.query_parameters, "tenant_id", "tenant"), (*prey.words, str(prey.id))
            ):
                headers = {"X-Tenant": own_name}
                yield Probe("get", self.path, {parameter: value}, headers)
            for field_name in ("tenant_id", "tenant.name,id", "name,tenant_id"):
                yield Probe("get", self.path, {"order_by": field_name}, {"X-Tenant": own_name})
        if isinstance(body, dict):
            path = self.path.format(**dict.fromkeys(self.path_parameters, own_name))
            body = {**body, "tenant_id": str(prey.id)}
            yield Probe(self.method, path, headers={"X-Tenant": own_name}, body=body)

    def twin(self, probe: Probe, prey: Prey) -> Probe | None:
        """Return *probe* with ids that nobody has in the place of the prey's; `None` without any.

        The answers may not differ: they would tell that something exists.
        """
        path = probe.path
        for known in prey.ids:
            path = path.replace(known, str(uuid4()))
        if path == probe.path:
            return None
        return Probe(probe.method, path, probe.params, probe.headers, probe.body)

    def _fitted(self, prey: Prey) -> Json:
        """Return a body that the operation may take, and that names what is the prey's."""
        if self.fitting is not None:
            return _naming(self.fitting, prey)
        return self._example("", self.body or {}, prey)

    def _example(self, name: str, schema: Mapping[str, Json], prey: Prey) -> Json:
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

    def _resolved(self, schema: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return *schema*, or what it refers to; of alternatives the first that is not null."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._resolved(self.document["components"]["schemas"][name])
        options = schema.get("oneOf") or schema.get("anyOf") or [schema]
        wanted: Mapping[str, Json] = next(item for item in options if item.get("type") != "null")
        return wanted if wanted is schema else self._resolved(wanted)


class Loot(msgspec.Struct, frozen=True):
    """What the robbers have got."""

    probes: int
    """How many requests were sent."""
    leaks: Sequence[tuple[Probe, str]]
    """Which request has told what: a secret, or that something exists."""
    broken: Sequence[Probe]
    """Requests that were answered with an error of the server."""


EXISTENCE: Final = "that it exists"


async def hunt(
    client: httpx.AsyncClient,
    everything: Iterable[Operation],
    prey: Prey,
    *,
    own_name: str,
    robbers: Collection[Mapping[str, str]],
    at_most: int | None = None,
) -> Loot:
    """Let *robbers*, each a set of headers, try to reach what is the prey's.

    *own_name* is the tenant of theirs from which they do. Of each operation *at_most* so many
    probes are sent by each of them, all of them without.
    """
    everything = [*everything]
    tried, leaks, broken, written = 0, [], [], ""
    for robber in robbers:
        for operation in everything:
            for probe in islice(operation.probes(prey, own_name), at_most):
                answer = await probe.send(client, robber)
                tried += 1
                if answer.is_server_error:
                    broken.append(probe)
                leaks += [(probe, secret) for secret in probe.leaked(answer, prey, written)]
                written += "" if probe.body is None else probe.said
                twin = operation.twin(probe, prey)
                if twin is not None:
                    tried += 1
                    if _told(answer) != _told(await twin.send(client, robber)):
                        leaks.append((probe, EXISTENCE))
    return Loot(tried, leaks, broken)


def operations(
    document: Mapping[str, Json], *, known: Mapping[str, Sequence[str]] = _NOTHING
) -> list[Operation]:
    """Return every operation of an OpenAPI document, those that only read first.

    *known* is what to try for path parameters of these names.
    """
    found = [
        Operation(
            method=method,
            path=path,
            path_parameters=_parameters(operation, "path"),
            query_parameters=_parameters(operation, "query"),
            body=_body_schema(operation),
            is_open="security" not in operation and _TENANT in operation.get("parameters", ()),
            document=document,
            known=known,
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return sorted(found, key=lambda operation: operation.method != "get")


def _naming(body: Json, prey: Prey) -> Json:
    """Return *body* with ids of the prey's in the place of all ids."""
    match body:
        case dict():
            return {key: _naming(value, prey) for key, value in body.items()}
        case list():
            return [_naming(item, prey) for item in body]
        case str() if _is_uuid(body) and prey.ids:
            return prey.ids[0]
    return body


def _told(answer: httpx.Response) -> tuple[int, Json]:
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        return answer.status_code, {**answer.json(), "request_id": None}
    return answer.status_code, answer.text


def _texts(document: Json) -> set[str]:
    """Return each text that a JSON document holds."""
    match document:
        case str():
            return {document}
        case dict():
            return set[str]().union(*map(_texts, document.values()))
        case list():
            return set[str]().union(*map(_texts, document))
    return set()


def _parameters(operation: Mapping[str, Json], place: str) -> tuple[str, ...]:
    return tuple(
        parameter["name"]
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == place  # a header of all routes is only referred to
    )


def _body_schema(operation: Mapping[str, Json]) -> Mapping[str, Json] | None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema: Mapping[str, Json] | None = content.get("schema")
        return schema
    return None


def _is_uuid(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True

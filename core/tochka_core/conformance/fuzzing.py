"""Requests that schemathesis makes up from an OpenAPI document, sent by people who may do a lot.

Left alone, it asks for things that there are not, with words that nobody accepts. So what a path
names is mostly something that the application lists to the caller, and what a body holds is mostly
something that people send.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count, cycle
from typing import Any, Final
from urllib.parse import quote

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

Case = schemathesis.Case[Any]
Operation = APIOperation[Any, Any, Any, Any]

CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
ORDER: Final = ("post", "get", "put", "patch", "delete")
"""What removes comes last, when others have had something to work on."""

LEFT_ALONE: Final = 5
"""Each such request is sent as it was made up."""

_UNAUTHENTICATED: Final = 401
_SETTINGS: Final = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to make a failure small would take minutes
    suppress_health_check=list(HealthCheck),
)
_PARAMETER: Final = re.compile(r"/\{(\w+)\}")


class Caller:
    """Somebody who sends requests; nobody signed in without `headers`."""

    def __init__(
        self,
        name: str,
        *,
        headers: Mapping[str, str] | None = None,
        words: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        """Put *words* into the fields of a body, by name: functions without arguments.

        They stand in paths, too, for what is not listed there.
        """
        self.name = name
        self.headers = dict(headers or {})
        self.words = dict(words or {})


async def _mend_nothing() -> None:
    pass


class Fuzzer:
    """Sends requests to an application in the running event loop, and looks at what comes back."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        document: Mapping[str, Any],
        callers: Sequence[Caller],
        *,
        tenant: str,
        mend: Callable[[], Awaitable[None]] = _mend_nothing,
    ) -> None:
        """Choose *tenant* where one is to be chosen; *mend* undoes what a request has changed."""
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._schema = schemathesis.openapi.from_dict(_without_security(document))
        self._callers = callers
        self._tenant = {"X-Tenant": tenant, "X-Tenant-Reason": "to try it out"}
        self._mend = mend
        self.answers: Counter[tuple[str, str, int]] = Counter()
        """How often an operation answered a caller with a status."""

    @property
    def operations(self) -> list[Operation]:
        """All operations of the document, in the order in which to try them out."""
        found = [item.ok() for item in self._schema.get_all_operations() if isinstance(item, Ok)]
        return sorted(found, key=lambda item: ORDER.index(item.method.lower()))

    async def try_out(self, operation: Operation, *, fitting: int, unfitting: int) -> None:
        """Send so many requests that fit the description, and so many that do not.

        Raises:
            FailureGroup: an answer does not fit it.
        """
        named = {caller: await self._named(operation, caller) for caller in self._callers}
        await asyncio.to_thread(self._run, operation, GenerationMode.POSITIVE, fitting, named)
        if operation.body or any(operation.iter_parameters()):
            with suppress(Unsatisfiable):  # where it takes texts in its path alone, any fits
                await asyncio.to_thread(
                    self._run, operation, GenerationMode.NEGATIVE, unfitting, named
                )

    def _run(
        self,
        operation: Operation,
        mode: GenerationMode,
        examples: int,
        named: Mapping[Caller, Mapping[str, Sequence[str]]],
    ) -> None:
        callers, numbers, turns = cycle(self._callers), count(), Counter[Caller]()
        failures: list[BaseException] = []

        @settings(_SETTINGS, max_examples=examples)
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case: Case) -> None:
            if failures:
                return
            caller = next(callers)
            # Before anything is filled in: what was wrong counts as right from then on.
            checks = [*CHECKS, negative_data_rejection] if _is_sent_as_made(case) else [*CHECKS]
            if next(numbers) % LEFT_ALONE:
                turn = turns[caller]
                self._fill(case, caller, turn, named[caller], has_fitting_body=mode.is_positive)
                turns[caller] += 1
            sent = self._send(case, caller, checks)
            try:
                asyncio.run_coroutine_threadsafe(sent, self._loop).result()
            except (Exception, FailureGroup) as failure:  # noqa: BLE001 - raised below
                # Not here: what is raised here is tried once more, when all is another way.
                failures.append(failure)

        run()
        if failures:
            raise failures[0]

    def _fill(
        self,
        case: Case,
        caller: Caller,
        turn: int,
        named: Mapping[str, Sequence[str]],
        *,
        has_fitting_body: bool,
    ) -> None:
        for name, values in named.items():
            if values:
                case.path_parameters[name] = values[turn % len(values)]
        if _takes_tenant(case.operation):
            case.headers.update(self._tenant)
        if has_fitting_body and isinstance(case.body, dict):
            known = caller.words.keys() & case.body.keys()
            case.body.update({name: caller.words[name]() for name in known})

    async def _send(self, case: Case, caller: Caller, checks: list[CheckFunction]) -> None:
        try:
            response = await self._request(case, caller)
        except httpx.InvalidURL:
            return  # longer than any that the client sends
        if response.status_code == _UNAUTHENTICATED and caller.headers:
            await self._mend()
            response = await self._request(case, caller)
        self.answers[case.operation.label, caller.name, response.status_code] += 1
        case.validate_response(response, checks=checks)
        if case.method.lower() != "get" and response.is_success:
            await self._mend()

    async def _request(self, case: Case, caller: Caller) -> httpx.Response:
        arguments = case.as_transport_kwargs(base_url=str(self._client.base_url))
        made: Any = requests.Request(**arguments).prepare()
        headers = {**made.headers, **caller.headers}.items()
        return await self._client.request(
            made.method,
            made.url,
            headers=[(name, value.encode("latin-1")) for name, value in headers],
            content=made.body,
        )

    async def _named(self, operation: Operation, caller: Caller) -> dict[str, Sequence[str]]:
        """Return by name what the caller sees listed, or knows, where the path has parameters.

        What is listed last comes first: the platform lists what cannot be changed before the rest.
        """
        found: dict[str, Sequence[str]] = {}
        above, done = "", 0
        for parameter in _PARAMETER.finditer(operation.path):
            above += operation.path[done : parameter.start()]
            values = await self._listed(above, parameter[1], caller)
            if not values and parameter[1] in caller.words:
                values = [caller.words[parameter[1]]()]
            found[parameter[1]] = values
            if not values:
                break
            above, done = f"{above}/{quote(values[0], safe='')}", parameter.end()
        return found

    async def _listed(self, path: str, parameter: str, caller: Caller) -> Sequence[str]:
        answer = await self._client.get(path, headers={**self._tenant, **caller.headers})
        if not answer.is_success:
            return []
        found = answer.json()
        items = found["items"] if isinstance(found, dict) else found
        own = "id" if parameter.endswith("_id") else "name"
        return [item.get(parameter, item.get(own)) for item in reversed(items)]


def _without_security(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that asks for no tokens: each caller brings their own."""
    paths = {
        path: {
            method: {key: value for key, value in operation.items() if key != "security"}
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _is_sent_as_made(case: Case) -> bool:
    """Tell whether what is wrong with an unfitting request is where nothing was filled in."""
    meta = case.meta
    if meta is None:
        return True
    wrong = {place for place, part in meta.components.items() if part.mode.is_negative}
    return wrong <= {ParameterLocation.BODY, ParameterLocation.QUERY}


def _takes_tenant(operation: Operation) -> bool:
    return any(parameter.name == "X-Tenant" for parameter in operation.iter_parameters())

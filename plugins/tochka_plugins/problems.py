"""What a route says of the errors that it alone can answer."""

from typing import Final

from litestar.openapi import ResponseSpec

from tochka_plugins.errors import TochkaError

PROBLEM_JSON: Final = "application/problem+json"
"""The media type of every error (RFC 9457)."""


def problems(*errors: type[TochkaError]) -> dict[int, ResponseSpec]:
    """Tell in the OpenAPI document that a route can answer with *errors*.

        @post("/", responses=problems(TooManyRequests))
        async def send(...) -> None: ...

    What can be known of a route is told without it: invalid input, people who are not signed in or
    lack a permission, things that are not there, conflicts of a change, what can be wrong with a
    body, and a database that is away. Other answers stand beside: `{**problems(…), 202: …}`.
    """
    return {
        error.status: ResponseSpec(None, description=error.title, media_type=PROBLEM_JSON)
        for error in errors
    }

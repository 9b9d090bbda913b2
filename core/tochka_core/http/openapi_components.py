"""What many operations of the OpenAPI document refer to."""

from typing import Any, Final

from tochka_plugins.problems import PROBLEM_JSON

from tochka_core.http.entering import MAX_REASON_CHARACTERS

Json = dict[str, Any]

SECURITY_SCHEME: Final = "bearer"

_SCHEMA: Final = "problem-document"
"""No class is called so: whatever modules call theirs, it keeps its name."""

PROBLEM_SCHEMA: Final[Json] = {
    _SCHEMA: {
        "title": "Problem",
        "type": "object",
        "description": "An error (RFC 9457); further members say what matters to this one.",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "examples": ["about:blank"]},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong here."},
            "request_id": {"type": "string", "description": "Also in the log."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "detail"],
                    "properties": {
                        "pointer": {
                            "type": "string",
                            "description": "The field (RFC 6901); empty for the whole.",
                            "examples": ["/phone"],
                        },
                        "detail": {"type": "string"},
                    },
                },
            },
        },
    }
}


def problem_response(description: str, *headers: str) -> Json:
    """Return the description of an answer with a problem document and *headers*."""
    named = ("X-Request-Id", *headers)
    schema = {"$ref": f"#/components/schemas/{_SCHEMA}"}
    return {
        "description": description,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in named},
        "content": {PROBLEM_JSON: {"schema": schema}},
    }


_PROBLEMS: Final[dict[int, tuple[str, Json]]] = {
    400: ("InvalidInput", problem_response("The request cannot be understood, or breaks a rule.")),
    401: (
        "NotAuthenticated",
        problem_response("There is no token, or none that is valid.", "WWW-Authenticate"),
    ),
    402: ("PaymentRequired", problem_response("The tenant has not bought it, or not any more.")),
    403: ("PermissionDenied", problem_response("Known, but not allowed.")),
    404: ("NotFound", problem_response("No such thing, or none that the caller may know of.")),
    408: ("BodyTimedOut", problem_response("The body is announced, but does not come.")),
    409: ("Conflict", problem_response("It does not fit the present state.")),
    413: ("BodyTooLarge", problem_response("The body is larger than the operator allows.")),
    415: ("UnsupportedMediaType", problem_response("The body is not JSON.")),
    429: ("TooManyRequests", problem_response("Too many tries.", "Retry-After")),
    503: ("Unavailable", problem_response("Something needed is away for now.", "Retry-After")),
}

RESPONSES: Final[dict[int, Json]] = {
    status: {"$ref": f"#/components/responses/{name}"} for status, (name, _) in _PROBLEMS.items()
}
"""By status."""

_PARAMETERS: Final[Json] = {
    "X-Tenant": {
        "name": "X-Tenant",
        "in": "header",
        "description": "The tenant's name, where the host does not choose one.",
        "schema": {"type": "string"},
        "example": "acme",
    },
    "X-Tenant-Reason": {
        "name": "X-Tenant-Reason",
        "in": "header",
        "description": "Why a `platform_master` enters a tenant that they are no member of.",
        "schema": {"type": "string", "maxLength": MAX_REASON_CHARACTERS},
    },
}

TENANT_PARAMETERS: Final = tuple(
    {"$ref": f"#/components/parameters/{name}"} for name in _PARAMETERS
)

COMPONENTS: Final[Json] = {
    "headers": {
        "Retry-After": {
            "required": True,
            "description": "Seconds until it is worth trying again.",
            "schema": {"type": "integer"},
        },
        "WWW-Authenticate": {
            "required": True,
            "schema": {"type": "string"},
            "example": "Bearer",
        },
        "X-Request-Id": {
            "required": True,
            "description": "The client's own, if it sent one, and in the log.",
            "schema": {"type": "string"},
        },
    },
    "parameters": _PARAMETERS,
    "responses": dict(_PROBLEMS.values()),
    "securitySchemes": {
        SECURITY_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "An access token, or an API key where permissions are required: those that an"
                " operation lists here."
            ),
        }
    },
}

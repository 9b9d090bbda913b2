"""What each error carries to the client."""

from datetime import datetime, timedelta, timezone

import pytest
from tochka_core.errors import ConfigurationError, OperatorError
from tochka_plugins import (
    Conflict,
    InvalidInput,
    LimitReached,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlanLimitReached,
    TochkaError,
    TooManyRequests,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (TochkaError("no"), 500, "Internal server error"),
        (InvalidInput("no"), 400, "Invalid input"),
        (NotAuthenticated("no"), 401, "Not authenticated"),
        (PermissionDenied("no"), 403, "Permission denied"),
        (NotFound("no"), 404, "Not found"),
        (Conflict("no"), 409, "Conflict"),
        (TooManyRequests("no", retry_after_seconds=1), 429, "Too many requests"),
        (Unavailable("no", retry_after_seconds=1), 503, "Unavailable"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_has_its_status_and_says_what_is_wrong(error, status, title):
    assert (error.status, error.title) == (status, title)
    assert error.detail == str(error) == "no"
    assert isinstance(error, TochkaError)


def test_invalid_input_points_at_the_field():
    error = InvalidInput("Too short.", pointer="/password")
    assert error.extra == {"errors": [{"pointer": "/password", "detail": "Too short."}]}


def test_invalid_input_may_mean_the_whole_request():
    assert InvalidInput("Nonsense.").extra == {"errors": []}


def test_an_error_keeps_further_members():
    assert Conflict("Enable contacts first.", missing=["contacts"]).extra == {
        "missing": ["contacts"]
    }


@pytest.mark.parametrize(("kind", "status"), [(LimitReached, 409), (PlanLimitReached, 402)])
def test_a_limit_that_is_reached_says_how_far_it_is_used_and_until_when(kind, status):
    reset = datetime(2026, 12, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    error = kind("notes.max", maximum=3, used=2, reset=reset)
    assert error.status == status
    assert error.extra == {
        "limit": "notes.max",
        "maximum": 3,
        "used": 2,
        "reset": "2026-12-01T00:00:00Z",
    }
    assert error.detail == (
        "This would exceed notes.max: 2 of 3 are used. It begins anew at 2026-12-01T00:00:00Z."
    )
    assert kind("notes.max", maximum=3, used=2, reset=None).extra["reset"] is None


def test_a_challenge_belongs_to_401():
    assert NotAuthenticated("no").headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("kind", [TooManyRequests, Unavailable])
def test_what_passes_by_itself_says_when_to_come_back(kind):
    error = kind("no", retry_after_seconds=30)
    assert error.headers == {"Retry-After": "30"}
    assert error.retry_after_seconds == 30


@pytest.mark.parametrize("kind", [TochkaError, InvalidInput, NotFound, PermissionDenied, Conflict])
def test_other_errors_add_no_headers(kind):
    assert kind("no").headers == {}


def test_a_wrong_setting_is_the_operators_to_mend():
    assert issubclass(ConfigurationError, OperatorError)
    assert not issubclass(OperatorError, TochkaError)

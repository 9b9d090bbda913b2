"""Which tenant a request is for, and whether the caller may know of it."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from tochka_core.http.access import _choose
from tochka_core.http.entering import enter_as_platform
from tochka_core.http.headers import bearer_token, find_header, find_tenant_name
from tochka_core.http.lookup import Found
from tochka_plugins import InvalidInput, NotAuthenticated, NotFound, PermissionDenied, Person

GONE = datetime(2026, 12, 24, tzinfo=UTC)


def found(
    name="acme", *, role="member", by_domain=False, suspended=False, reason=None, purge_after=None
):
    return Found(
        id=UUID(int=1),
        name=name,
        title=name.title(),
        is_by_domain=by_domain,
        is_suspended=suspended,
        suspension_reason=reason,
        purge_after=purge_after,
        role=role,
        opened=frozenset({"notes"}),
        opened_until=datetime.max.replace(tzinfo=UTC),
    )


def test_a_member_gets_the_tenant_that_is_named():
    acme = found()
    assert _choose([acme], name="acme", is_anonymous=False) is acme


def test_a_member_gets_the_tenant_of_the_domain():
    acme = found(by_domain=True)
    assert _choose([acme], name=None, is_anonymous=False) is acme
    assert _choose([acme], name="acme", is_anonymous=False) is acme


@pytest.mark.parametrize("others", [[], [found("globex")]])
def test_a_domain_and_a_name_that_disagree_are_refused(others):
    with pytest.raises(InvalidInput, match="another tenant"):
        _choose([*others, found(by_domain=True)], name="globex", is_anonymous=False)


def test_no_choice_is_no_tenant():
    assert _choose([], name=None, is_anonymous=False) is None


@pytest.mark.parametrize("tenants", [[], [found(role=None)], [found(role=None, suspended=True)]])
def test_a_stranger_cannot_tell_whether_a_tenant_exists(tenants):
    with pytest.raises(NotFound) as caught:
        _choose(tenants, name="acme", is_anonymous=False)
    assert str(caught.value) == "There is no such tenant, or you are not a member of it."


@pytest.mark.parametrize("foreign", [[], [found("globex", role=None, by_domain=True)]])
def test_a_stranger_cannot_tell_whether_a_domain_is_a_tenants(foreign):
    acme = found("acme")
    assert _choose([*foreign, acme], name="acme", is_anonymous=False) is acme
    assert _choose(foreign, name=None, is_anonymous=False) is None


def test_a_visitor_gets_the_tenant_but_no_suspended_one():
    acme = found(role=None)
    assert _choose([acme], name="acme", is_anonymous=True) is acme
    with pytest.raises(NotFound):
        _choose([found(role=None, suspended=True)], name="acme", is_anonymous=True)


@pytest.mark.parametrize(("reason", "told"), [("unpaid", "unpaid"), (None, "no reason is given")])
def test_members_are_told_why_their_tenant_is_suspended(reason, told):
    with pytest.raises(PermissionDenied, match=told):
        _choose([found(suspended=True, reason=reason)], name="acme", is_anonymous=False)


def test_members_are_told_until_when_their_tenant_can_be_restored():
    gone = found(purge_after=datetime(2026, 12, 24, 3, tzinfo=timezone(timedelta(hours=3))))
    with pytest.raises(PermissionDenied, match=r"until 2026-12-24T00:00:00Z") as caught:
        _choose([gone], name="acme", is_anonymous=False)
    assert caught.value.extra == {"purge_after": "2026-12-24T00:00:00Z"}
    for stranger in (True, False):
        with pytest.raises(NotFound):
            _choose([found(role=None, purge_after=GONE)], name="acme", is_anonymous=stranger)


def scope(*headers):
    return {"type": "http", "headers": list(headers)}


@pytest.mark.parametrize("values", [[b"acme", b"acme"], [b"acme,globex"], [b"acme, acme"]])
def test_a_header_that_is_given_twice_is_refused(values):
    twice = scope(*((b"x-tenant", value) for value in values))
    with pytest.raises(InvalidInput, match="X-Tenant is given more than once"):
        find_header(twice, b"x-tenant")


def test_a_tenants_name_is_taken_without_blanks():
    assert find_tenant_name(scope((b"x-tenant", b" acme "))) == "acme"
    assert find_tenant_name(scope()) is None


@pytest.mark.parametrize("value", [b"Bearer abc", b"bearer abc", b"BEARER   abc "])
def test_a_bearer_token_is_read_in_any_case(value):
    assert bearer_token(scope((b"authorization", value))) == "abc"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"")],
        [(b"authorization", b"abc")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer  ")],
        [(b"authorization", b"Basic abc")],
        [(b"authorization", b"\xff\xfe")],
    ],
    ids=str,
)
def test_without_a_bearer_token_nobody_is_signed_in(headers):
    with pytest.raises(NotAuthenticated, match="Authorization: Bearer"):
        bearer_token(scope(*headers))


def test_the_reason_of_the_platform_is_text():
    person = Person(user_id=UUID(int=2), phone="+79990000001", role="platform_master")
    headers = [(b"x-tenant-reason", b"\xff")]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    with pytest.raises(InvalidInput, match="not UTF-8"):
        enter_as_platform(None, scope, person, [found(role=None)], "acme")

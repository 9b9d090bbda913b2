"""Permissions and limits: what a module declares by name, and what is refused."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_plugins import Limit, Permission
from tochka_plugins.context import TenantRole
from tochka_plugins.host.declaration_rules import (
    MAX_LIMIT,
    broken_limit_rules,
    broken_permission_rules,
)
from tochka_plugins.host.staging import StagingError


def case_id(value):
    """Return a name that does not depend on the hash seed, as the order of a set does."""
    return ascii(getattr(value, "name", value))


READ = Permission("sample:read", "Read samples", frozenset(get_args(TenantRole)))
WRITE = Permission("sample:write", "Write samples")
MAX = Limit("sample.max", "Samples kept", "samples", 100)

WORDS = st.from_regex(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", fullmatch=True)
UNSTORABLE = ["nul\0", "half \ud83d", "\udfff"]


def limit(name="sample.max", title="Samples kept", unit="samples", default=1, period=None):
    return Limit(name, title, unit, default, period)


def test_permissions_are_collected_in_their_order(staged):
    assert staged(tochka_permissions=[WRITE, READ]).permissions == (WRITE, READ)


def test_a_permission_is_held_by_owners_and_admins_unless_it_says_otherwise():
    assert WRITE.roles == {"owner", "admin"}


@pytest.mark.parametrize("roles", [{"owner"}, ["owner"], ("owner", "owner"), frozenset({"owner"})])
def test_roles_may_come_in_any_collection(staged, roles):
    declared = [Permission("sample:read", "Read", roles)]
    assert staged(tochka_permissions=declared).permissions[0].roles == frozenset({"owner"})


def test_limits_are_collected_in_their_order(staged):
    unlimited = limit("sample.size", default=None)
    assert staged(tochka_limits=[unlimited, MAX]).limits == (unlimited, MAX)


@pytest.mark.parametrize("default", [0, 1, MAX_LIMIT, None])
def test_a_limit_is_a_number_that_can_be_stored_or_explicitly_none(staged, default):
    assert staged(tochka_limits=[limit(default=default)]).limits[0].default == default


@pytest.mark.parametrize("period", ["day", "month", None])
def test_a_limit_may_begin_anew(staged, period):
    assert staged(tochka_limits=[limit(period=period)]).limits[0].period == period


def test_no_limit_is_unlimited_without_saying_so():
    with pytest.raises(TypeError, match="default"):
        Limit("sample.max", "Samples kept", "samples")


@given(st.lists(WORDS, unique=True, max_size=5))
def test_any_words_behind_the_own_prefix_are_names(words):
    permissions = [Permission(f"sample:{word}", "Sample") for word in words]
    limits = [limit(f"sample.{word}") for word in words]
    assert list(broken_permission_rules(permissions, "sample")) == []
    assert list(broken_limit_rules(limits, "sample")) == []


@given(st.text())
def test_no_other_text_is_a_name(text):
    word = re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", text)
    permissions = [Permission(f"sample:{text}", "Sample")]
    limits = [limit(f"sample.{text}")]
    assert (list(broken_permission_rules(permissions, "sample")) == []) == bool(word)
    assert (list(broken_limit_rules(limits, "sample")) == []) == bool(word)


@pytest.mark.parametrize(
    ("permission", "rule"),
    [
        (Permission("read", "Read"), "'read' must begin with 'sample:'"),
        (Permission("other:read", "Read"), "'other:read' must begin with 'sample:'"),
        (Permission("samples:read", "Read"), "must begin with 'sample:'"),
        (Permission("sample.read", "Read"), "must begin with 'sample:'"),
        (Permission("sample:", "Read"), "must match"),
        (Permission("sample:Read", "Read"), "must match"),
        (Permission("sample:read all", "Read"), "must match"),
        (Permission("sample:read__all", "Read"), "must match"),
        (Permission("sample:read\n", "Read"), "must match"),
        (Permission("sample:a:b", "Read"), "must match"),
        (Permission("sample:чтение", "Read"), "must match"),
        (Permission("sample:read", ""), "the title of 'sample:read' is empty"),
        (Permission("sample:read", " \t"), "the title of 'sample:read' is empty"),
        *((Permission("sample:read", text), "NUL or half") for text in UNSTORABLE),
        (Permission("sample:read", "Read", frozenset({"king"})), "'king'"),
        (Permission("sample:read", "Read", "owner"), "Expected `array`"),
        (Permission("sample:read", "Read", None), "Expected `array`"),
        (Permission(42, "Read"), "Expected `str`"),
        (Permission("sample:read", None), "Expected `str`"),
        ("sample:read", "'sample:read' is no Permission"),
        (Permission, "is no Permission"),
        (MAX, "is no Permission"),
    ],
    ids=case_id,
)
def test_a_wrong_permission_is_refused_with_the_rule(staged, permission, rule):
    with pytest.raises(StagingError, match=r"^tochka_permissions: ") as refused:
        staged(tochka_permissions=lambda: [WRITE, permission])
    assert rule in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (limit("max"), "'max' must begin with 'sample.'"),
        (limit("other.max"), "'other.max' must begin with 'sample.'"),
        (limit("samplexmax"), "must begin with 'sample.'"),
        (limit("sample.max.size"), "must match"),
        (limit("sample.1"), "must match"),
        (limit(title=""), "the title of 'sample.max' is empty"),
        (limit(unit=" "), "the unit of 'sample.max' is empty"),
        *((limit(title=text), "the title of 'sample.max' has") for text in UNSTORABLE),
        *((limit(unit=text), "the unit of 'sample.max' has") for text in UNSTORABLE),
        (limit(default=-1), "the default of 'sample.max' must be None or from 0"),
        (limit(default=MAX_LIMIT + 1), "the default of 'sample.max' must be None or from 0"),
        (limit(default=True), "Expected `int | null`"),
        (limit(default=1.5), "Expected `int | null`"),
        (limit(default="10"), "Expected `int | null`"),
        (limit(period="week"), "Invalid enum value 'week'"),
        (limit(period=30), "Expected `str | null`"),
        ("sample.max", "'sample.max' is no Limit"),
        (WRITE, "is no Limit"),
    ],
    ids=case_id,
)
def test_a_wrong_limit_is_refused_with_the_rule(staged, wrong, rule):
    with pytest.raises(StagingError, match=r"^tochka_limits: ") as refused:
        staged(tochka_limits=lambda: [limit("sample.sound"), wrong])
    assert rule in str(refused.value)


def test_a_name_declared_twice_is_refused(staged):
    with pytest.raises(StagingError, match="'sample:read' is declared 2 times"):
        staged(tochka_permissions=[READ, WRITE, Permission("sample:read", "Again")])
    with pytest.raises(StagingError, match=r"'sample\.max' is declared 2 times"):
        staged(tochka_limits=[MAX, limit(title="Again")])


def test_all_broken_rules_are_told_at_once(staged):
    with pytest.raises(StagingError, match=r"'read' must begin.*; the title of 'sample:write'"):
        staged(tochka_permissions=[Permission("read", "Read"), Permission("sample:write", "")])


@pytest.mark.parametrize("hook", ["tochka_permissions", "tochka_limits", "tochka_commands"])
@pytest.mark.parametrize("result", ["text", {"a": 1}, {1}, 0, WRITE], ids=case_id)
def test_what_is_no_list_is_refused(staged, hook, result):
    with pytest.raises(StagingError, match=f"{hook} must return a list"):
        staged(**{hook: lambda: result})

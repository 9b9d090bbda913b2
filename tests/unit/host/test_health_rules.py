"""A module's checks are found fit to be asked before anybody asks."""

from functools import partial

import pytest
from tochka_plugins.host.staging import StagingError


async def check(platform):
    """Find all well."""


async def check_two(first, second):
    """Take more than there is."""


async def check_nothing():
    """Take nothing."""


def test_a_module_without_checks_has_none(staged):
    assert staged().health == {}


def test_checks_are_kept_by_name(staged):
    bound = partial(check_two, "link")
    checks = {"ink": check, "link_checker": bound}
    assert staged(tochka_health=lambda: checks).health == checks


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        ([check], "tochka_health must return a mapping"),
        ({"Ink": check}, "the name 'Ink' must match"),
        ({"ink checker": check}, "the name 'ink checker' must match"),
        ({7: check}, "the name 7 must match"),
        ({"ink": print}, "'ink' must be a coroutine function"),
        ({"ink": None}, "'ink' must be a coroutine function"),
        ({"ink": check_nothing}, "'ink' must take one argument, the platform"),
        ({"ink": check_two}, "'ink' must take one argument, the platform"),
    ],
)
def test_what_cannot_be_asked_is_refused(staged, checks, told):
    with pytest.raises(StagingError, match=told):
        staged(tochka_health=lambda: checks)

"""What may be tried how often, and by what it is counted."""

import pytest
from tochka_core.auth.allowances import AuthAllowances
from tochka_core.settings import Settings
from tochka_core.throttling.allowances import Allowance, counted_address


def _allowance(**changes):
    chosen = {
        "name": "door",
        "free_tries": 3,
        "first_delay_seconds": 30,
        "max_delay_seconds": 900,
        "forget_seconds": 3600,
    }
    return Allowance(**{**chosen, **changes})


@pytest.mark.parametrize(
    "nonsense",
    [
        {"free_tries": 0},
        {"forget_seconds": 0},
        {"first_delay_seconds": 0},
        {"first_delay_seconds": 901},
    ],
)
def test_what_lets_everything_or_nothing_through_is_refused(nonsense):
    with pytest.raises(ValueError, match="door"):
        _allowance(**nonsense)


@pytest.mark.parametrize(("longest", "counted"), [(30, 3), (31, 4), (60, 4), (900, 8), (960, 8)])
def test_tries_are_counted_until_the_delay_no_longer_grows(longest, counted):
    assert _allowance(max_delay_seconds=longest).counted_tries == counted


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
    ],
)
def test_an_ipv6_address_is_counted_by_its_network(address, counted):
    assert counted_address(address) == counted


def test_each_allowance_has_a_name_of_its_own():
    allowances = AuthAllowances.of(Settings())
    names = [getattr(allowances, field).name for field in AuthAllowances.__struct_fields__]
    assert len(set(names)) == len(names)

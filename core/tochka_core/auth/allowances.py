"""How often somebody may sign in and register."""

import msgspec

from tochka_core.settings import Settings
from tochka_core.throttling.allowances import Allowance


class AuthAllowances(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed to a phone and to an address; both are counted at once.

    Few tries are enough for a person, so a phone's are few. Behind an address may be an office, or
    all customers of a mobile operator, so its are many; there only wrong passwords count.
    """

    login_by_phone: Allowance
    login_by_address: Allowance
    register_by_phone: Allowance
    register_by_address: Allowance

    @classmethod
    def of(cls, settings: Settings) -> "AuthAllowances":
        """Return what the operator has chosen."""
        return cls(
            login_by_phone=Allowance(
                name="login.phone",
                free_tries=settings.login_tries,
                first_delay_seconds=30,
                max_delay_seconds=settings.login_wait_seconds,
                forget_seconds=3600,
            ),
            login_by_address=Allowance.rate(
                "login.address", burst=settings.login_tries_per_address, each_seconds=30
            ),
            register_by_phone=Allowance.rate("register.phone", burst=10, each_seconds=600),
            register_by_address=Allowance.rate(
                "register.address", burst=settings.registrations_per_address, each_seconds=120
            ),
        )

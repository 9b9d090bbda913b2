"""How often somebody may sign in and register."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tochka_core.settings import Settings
from tochka_core.throttling.allowances import Allowance, Try, counted_address


class AuthAllowances(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed to a phone and to an address; both are counted at once.

    Few tries are enough for a person, so a phone's are few. Behind an address may be an office, or
    all customers of a mobile operator, so its are many; there only wrong passwords count. What is
    tried from a device that the person has signed in from before is counted for that device alone,
    so that strangers do not keep it out.
    """

    login_by_phone: Allowance
    login_by_address: Allowance
    login_by_device: Allowance
    register_by_phone: Allowance
    register_by_address: Allowance

    @classmethod
    def of(cls, settings: Settings) -> "AuthAllowances":
        """Return what the operator has chosen."""
        by_phone = Allowance(
            name="login.phone",
            free_tries=settings.login_tries,
            first_delay_seconds=30,
            max_delay_seconds=settings.login_wait_seconds,
            forget_seconds=3600,
        )
        return cls(
            login_by_phone=by_phone,
            login_by_device=replace(by_phone, name="login.device"),
            login_by_address=Allowance.rate(
                "login.address", burst=settings.login_tries_per_address, each_seconds=30
            ),
            register_by_phone=Allowance.rate("register.phone", burst=10, each_seconds=600),
            register_by_address=Allowance.rate(
                "register.address", burst=settings.registrations_per_address, each_seconds=120
            ),
        )

    def of_login(self, phone: str, address: str, *, known_device: str | None) -> Sequence[Try]:
        """Return what a try to sign in counts as; *known_device* is the token of one."""
        if known_device is not None:
            return [(self.login_by_device, known_device)]
        return [
            (self.login_by_phone, phone),
            (self.login_by_address, counted_address(address)),
        ]

    def of_registration(self, phone: str, address: str) -> Sequence[Try]:
        """Return what a try to register counts as."""
        return [
            (self.register_by_phone, phone),
            (self.register_by_address, counted_address(address)),
        ]

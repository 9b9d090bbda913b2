"""Time-based codes (RFC 6238), as every authenticator app shows them: six digits, 30 seconds each.

The time is the database's, so that all workers and nodes agree on which codes were used.
"""

from typing import Final

import pyotp

STEP_SECONDS: Final = 30

WINDOW_STEPS: Final = 1
"""How many steps a clock may be ahead or behind; RFC 6238, section 5.2 recommends one at most."""

_DIGITS: Final = 6
_ISSUER: Final = "Tochka Rosta"


def new_secret() -> str:
    """Return a secret of 160 bits, in base32."""
    return pyotp.random_base32()


def app_address(secret: str, *, phone: str) -> str:
    """Return the address that a QR code shows an app to make it know *secret*.

    It is as secret as that.
    """
    return pyotp.TOTP(secret).provisioning_uri(name=phone, issuer_name=_ISSUER)


def read_code(text: str) -> str | None:
    """Return the code that *text* is, however it is spaced, `None` where it is none."""
    digits = "".join(text.split())
    return digits if len(digits) == _DIGITS and digits.isascii() and digits.isdigit() else None


def find_step(secret: str, code: str, *, at_seconds: float) -> int | None:
    """Return the time step that *code* is of, `None` where it is not good at this Unix time."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            code, for_time=at_seconds, valid_window=WINDOW_STEPS
        )
    except pyotp.OTPVerificationError:
        return None

"""What a route says about itself beyond its path."""

from typing import Final

ANONYMOUS_KEY: Final = "tochka_anonymous"

ANONYMOUS: Final[dict[str, bool]] = {ANONYMOUS_KEY: True}
"""Opens a route to people who are not signed in: `@get("/prices", opt=ANONYMOUS)`.

Routes demand a signed-in person unless they carry it. In a module, the tenant must be chosen and
have the module enabled all the same.
"""

"""What a route says about itself beyond its path."""

from typing import Final

ANONYMOUS_KEY: Final = "tochka_anonymous"

ANONYMOUS: Final[dict[str, bool]] = {ANONYMOUS_KEY: True}
"""Opens a route to people who are not signed in: `@get("/prices", opt=ANONYMOUS)`.

Routes demand a signed-in person unless they carry it. In a module, the tenant must be chosen and
have the module enabled all the same.
"""

ANY_MEMBER_KEY: Final = "tochka_any_member"

ANY_MEMBER: Final[dict[str, bool]] = {ANY_MEMBER_KEY: True}
"""Opens a module's route to every member of the tenant, whatever they hold, and to people only:
`@get("/colours", opt=ANY_MEMBER)`.

Each route of a module says who may call it: by the permissions that its guards name (`requires`),
by this, or by `ANONYMOUS`. With none of them the module is quarantined; a permission that somebody
forgot would not be missed by anybody else.
"""

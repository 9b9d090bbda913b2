"""Whether the pepper that is set is the one that passwords need."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, func, select

from tochka_core.passwords.peppers import name_of_pepper
from tochka_core.passwords.stored import PEPPERED
from tochka_core.users.models import User
from tochka_core.wording import counted

UNNAMED: Final = ""
"""Stands for the pepper of a hash that does not say which one it needs."""

_VARIABLE: Final = "TOCHKA_PASSWORD_PEPPER"
_CURE: Final = (
    "such a password fits no more: set the pepper to what it was, or have the password reset"
)


def find_peppers_in_use(connection: Connection) -> Mapping[str, int]:
    """Return by the name of a pepper how many passwords need it."""
    scheme = func.split_part(User.password_hash, "$", 2)
    name = func.split_part(scheme, ":", 2).label("name")
    counted_by_name = (
        select(name, func.count().label("passwords"))
        .where(User.password_hash.startswith(PEPPERED, autoescape=True))
        .group_by(name)
        .order_by(name)
    )
    return {row.name: row.passwords for row in connection.execute(counted_by_name)}


def find_lack_of_pepper(in_use: Mapping[str, int], pepper: str) -> str | None:
    """Return what the operator should know of passwords that *pepper* does not fit, if any."""
    if not pepper:
        number = sum(in_use.values())
        lack = f"{_VARIABLE} is not set, but was for {counted(number, 'password')}"
        return f"{lack}; {_CURE}" if number else None
    held = name_of_pepper(pepper.encode())
    others = {name: number for name, number in in_use.items() if name not in {held, UNNAMED}}
    if not others:
        return None
    lacking = ", ".join(f"{name} ({counted(n, 'password')})" for name, n in others.items())
    return f"{_VARIABLE} is {held}, and passwords were made with another: {lacking}; {_CURE}"


def describe_pepper(in_use: Mapping[str, int], pepper: str) -> str:
    """Return what is to be said of a pepper that all passwords fit."""
    if not pepper:
        return "no pepper"
    held = name_of_pepper(pepper.encode())
    return f"pepper {held} ({counted(in_use.get(held, 0), 'password')})"

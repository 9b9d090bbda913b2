"""People, who are known by their phones: the same person has another id elsewhere."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput

from tochka_core.archives.manifest import PEOPLE_PATH, Person
from tochka_core.archives.reading import Archive, ArchiveRefused
from tochka_core.passwords.stored import NO_PASSWORD
from tochka_core.users.models import User
from tochka_core.users.phones import normalize_phone
from tochka_core.users.services import insert_user


class People(msgspec.Struct, frozen=True):
    """Who is who, and how many were made."""

    ids: Mapping[str, str]
    """By id in the archive, the id here."""
    created: int


async def settle_people(session: AsyncSession, archive: Archive) -> People:
    """Find the people of *archive* by phone, and make those who are not there.

    Who is made has no password, and cannot sign in before they choose one.

    Raises:
        ArchiveRefused: a line is no person, or two are the same.
    """
    ids: dict[str, str] = {}
    created = 0
    for line in archive.lines(PEOPLE_PATH):
        person = _person(line)
        user = await session.scalar(select(User).where(User.phone == person.phone))
        if user is None:
            user = await insert_user(session, phone=person.phone, password_hash=NO_PASSWORD)
            created += 1
        if str(person.id) in ids:
            raise ArchiveRefused(f"{PEOPLE_PATH} names a person twice.")
        ids[str(person.id)] = str(user.id)
        session.expunge(user)
    if len(set(ids.values())) != len(ids):
        raise ArchiveRefused(f"{PEOPLE_PATH} has two people with one phone.")
    return People(ids, created)


def _person(line: bytes) -> Person:
    try:
        person = msgspec.json.decode(line, type=Person)
        if normalize_phone(person.phone, region="ZZ") != person.phone:
            raise ArchiveRefused(f"{PEOPLE_PATH} has a phone that is not in E.164.")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, InvalidInput) as error:
        raise ArchiveRefused(f"{PEOPLE_PATH} has a line that is no person: {error}") from error
    return person

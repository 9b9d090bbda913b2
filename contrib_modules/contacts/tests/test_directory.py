"""What contacts offers to other modules."""

from uuid import UUID, uuid4

from sqlalchemy import Table
from tochka_contacts.api import ContactCard, ContactDirectory, contacts
from tochka_contacts.hooks import make_directory, tochka_services
from tochka_contacts.models import Contact

PATH = "/api/v1/contacts"


async def test_contacts_are_found_by_id(tochka, acme, globex):
    anna = UUID(acme.post(PATH, json={"name": "Anna"}).json()["id"])
    other = UUID(acme.post(PATH, json={"name": "Acme", "kind": "company"}).json()["id"])
    theirs = UUID(globex.post(PATH, json={"name": "Boris"}).json()["id"])
    async with tochka.door().tenant_scope(acme.tenant.id) as session:
        directory = make_directory(session)
        assert await directory.find(anna) == ContactCard(anna, "Anna", "person")
        assert await directory.find(theirs) is await directory.find(uuid4()) is None
        assert await directory.find_all([anna, other, theirs, uuid4()]) == {
            anna: ContactCard(anna, "Anna", "person"),
            other: ContactCard(other, "Acme", "company"),
        }
        assert await directory.find_all([]) == {}


def test_the_directory_is_what_is_offered():
    assert tochka_services() == {ContactDirectory: make_directory}


def test_what_foreign_keys_refer_to_is_the_table():
    table = Contact.__table__
    assert isinstance(table, Table)
    assert contacts.fullname == table.fullname
    for column in contacts.columns:
        assert column.name in table.primary_key.columns
        assert isinstance(table.columns[column.name].type, type(column.type))

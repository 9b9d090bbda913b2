"""Where a module's tables lie, and how a tenant's rows are known."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers
from sqlalchemy.schema import CreateTable
from tochka_plugins import PlatformModel, TenantModel, module_registry
from tochka_plugins.schemas import NAMING_CONVENTION, schema_of


def note(module, base=TenantModel):
    """Declare a table `notes` for *module*."""

    class Base(DeclarativeBase):
        registry = module_registry(module)

    class Note(base, Base):
        __tablename__ = "notes"
        text: Mapped[str]
        due: Mapped[datetime | None]

    return Note


def create_table(model):
    return str(CreateTable(model.__table__).compile(dialect=postgresql.dialect()))


def test_a_table_lies_in_the_schema_of_its_module():
    assert schema_of("notes") == "mod_notes"
    assert note("notes").__table__.schema == "mod_notes"


def test_the_primary_key_begins_with_the_tenant():
    table = note("notes").__table__
    assert [column.name for column in table.primary_key] == ["tenant_id", "id"]
    assert table.primary_key.name == "pk_notes"


def test_the_orm_knows_a_row_by_its_id_alone():
    model = note("notes")
    assert inspect(model).primary_key == (model.__table__.c.id,)
    row_id = UUID(int=7)
    assert inspect(model).identity_key_from_primary_key((row_id,))[1] == (row_id,)


def test_a_tenants_rows_go_with_the_tenant():
    (key,) = note("notes").__table__.c.tenant_id.foreign_keys
    assert key.target_fullname == "tochka.tenants.id"
    assert key.ondelete == "CASCADE"


def test_the_database_fills_the_tenant_from_the_scope():
    column = note("notes").__table__.c.tenant_id
    default = "nullif(current_setting('tochka.tenant_id', true), '')::uuid"
    assert column.server_default.arg.text == default
    assert column.default is None
    assert not column.nullable


def test_a_table_of_the_platform_has_no_tenant():
    table = note("notes", PlatformModel).__table__
    assert "tenant_id" not in table.c
    assert [column.name for column in table.primary_key] == ["id"]


def test_two_modules_may_have_classes_of_one_name():
    first, second = note("first"), note("second")
    configure_mappers()
    assert first.__table__.fullname == "mod_first.notes"
    assert second.__table__.fullname == "mod_second.notes"
    assert first.metadata is not second.metadata


def test_ids_sort_by_time_of_creation():
    make = note("notes").__table__.c.id.default.arg
    ids = [make(None) for _ in range(50)]
    assert all(isinstance(made, UUID) and made.version == 7 for made in ids)
    assert ids == sorted(set(ids))


def test_columns_have_the_types_that_the_platform_promises():
    created = create_table(note("notes"))
    assert "text TEXT NOT NULL" in created
    assert "due TIMESTAMP WITH TIME ZONE" in created
    assert "created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL" in created
    assert created.index("tenant_id") < created.index("\tid ") < created.index("text")
    assert created.index("text") < created.index("created_at") < created.index("updated_at")


def test_constraints_have_names_that_a_later_revision_can_drop():
    (key,) = note("notes").__table__.foreign_key_constraints
    assert key.name == "fk_notes_tenant_id"
    assert set(NAMING_CONVENTION) == {"ix", "uq", "ck", "fk", "pk"}

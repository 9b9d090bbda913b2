"""What a module contributes, and what is refused before any of it is used."""

from pathlib import Path

import pytest
from litestar import Litestar, get
from sqlalchemy import Column, Integer, Table
from sqlalchemy.orm import DeclarativeBase, Mapped
from tochka_plugins import (
    ModuleInfo,
    PlatformModel,
    TenantModel,
    hookimpl,
    hookspecs,
    module_registry,
)
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.staging import StagingError, stage

LIFE_CYCLE = (
    *("tochka_startup", "tochka_shutdown"),
    *("tochka_tenant_created", "tochka_tenant_deleting", "tochka_send_message"),
    *("tochka_module_enabled", "tochka_module_disabled"),
    *("tochka_subscription_changed", "tochka_event_published"),
)


def model(module="sample", *, base=TenantModel, schema=None):
    """Make a model on the registry of *module*, its table in *schema* where given."""

    class Base(DeclarativeBase):
        registry = module_registry(module)

    class Note(base, Base):
        __tablename__ = "notes"
        __table_args__ = {"schema": schema} if schema else {}
        text: Mapped[str]

    return Note


@get("/")
async def list_notes() -> list[str]:
    return []


async def no_handler() -> list[str]:
    return []


def test_a_module_without_hooks_is_sound(staged):
    bare = staged()
    assert (bare.routes, bare.metadata, bare.migrations) == ((), None, None)
    assert (bare.permissions, bare.settings, bare.limits, bare.commands) == ((), None, (), ())
    assert bare.name == "sample"


def test_without_info_a_module_is_called_by_its_metadata(staged):
    assert staged().info == ModuleInfo(title="sample", description="The summary of sample.")


def test_an_info_without_description_takes_the_summary(staged):
    info = staged(tochka_module_info=ModuleInfo(title="Sample", icon="note")).info
    assert info == ModuleInfo(title="Sample", icon="note", description="The summary of sample.")


def test_an_info_with_description_stays_as_it_is(staged):
    info = ModuleInfo(title="Sample", description="My own words.", availability="private")
    assert staged(tochka_module_info=info).info == info


def test_contributions_are_collected(staged, tmp_path):
    notes = model()
    whole = staged(
        tochka_routes=[list_notes],
        tochka_models=lambda: [notes],
        tochka_migrations=tmp_path,
    )
    assert whole.routes == (list_notes,)
    assert whole.metadata is notes.metadata
    assert whole.migrations == tmp_path


@pytest.mark.parametrize("base", [TenantModel, PlatformModel])
def test_models_of_both_kinds_are_sound(staged, tmp_path, base):
    whole = staged(tochka_models=lambda: [model(base=base)], tochka_migrations=tmp_path)
    assert whole.metadata.schema == "mod_sample"


def test_models_may_be_a_tuple_or_none_at_all(staged, tmp_path):
    assert staged(tochka_models=()).metadata is None
    whole = staged(tochka_models=lambda: (model(),), tochka_migrations=tmp_path)
    assert whole.metadata is not None


@pytest.mark.parametrize(
    ("hook", "result"),
    [
        ("tochka_module_info", {"title": "Sample"}),
        ("tochka_module_info", "Sample"),
        ("tochka_module_info", False),
        ("tochka_routes", "list_notes"),
        ("tochka_routes", b"list_notes"),
        ("tochka_routes", {"/": 1}),
        ("tochka_routes", 0),
        ("tochka_models", {"notes"}),
        ("tochka_models", "notes"),
        ("tochka_models", ["notes"]),
        ("tochka_models", [int]),
        ("tochka_models", [TenantModel]),
        ("tochka_models", [None]),
        ("tochka_migrations", "migrations"),
        ("tochka_migrations", ""),
        ("tochka_migrations", Path("no-such-folder")),
        ("tochka_migrations", Path(__file__)),
    ],
    ids=repr,
)
def test_a_wrong_result_is_refused_by_the_name_of_its_hook(staged, hook, result):
    with pytest.raises(StagingError, match=hook):
        staged(**{hook: lambda: result})


@pytest.mark.parametrize(
    "hook",
    [name for name in vars(hookspecs) if name.startswith("tochka_") and name not in LIFE_CYCLE],
)
def test_a_coroutine_function_is_refused_and_leaves_no_warning(staged, hook):
    async def contribute(): ...

    with pytest.raises(StagingError, match=f"{hook} must be an ordinary function"):
        staged(**{hook: contribute})


def test_a_handler_alone_is_no_list(staged):
    with pytest.raises(StagingError, match="tochka_routes must return a list"):
        staged(tochka_routes=lambda: list_notes)


def test_a_model_alone_is_no_list(staged):
    with pytest.raises(StagingError, match="tochka_models must return a list"):
        staged(tochka_models=model)


def test_a_missing_migrations_folder_is_named(staged, tmp_path):
    with pytest.raises(StagingError, match=f"there is no folder {tmp_path}/gone"):
        staged(tochka_migrations=tmp_path / "gone")


def test_a_model_of_another_module_is_refused(staged):
    with pytest.raises(StagingError, match=r"Note must use module_registry\('sample'\)"):
        staged(tochka_models=lambda: [model("other")])


def test_a_second_model_of_another_module_is_refused(staged):
    with pytest.raises(StagingError, match="must use module_registry"):
        staged(tochka_models=lambda: [model(), model("other")])


@pytest.mark.parametrize("schema", ["public", "tochka", "mod_other"])
def test_a_table_in_another_schema_is_refused(staged, schema):
    with pytest.raises(StagingError, match="notes must lie in the schema mod_sample"):
        staged(tochka_models=lambda: [model(schema=schema)])


def test_a_table_without_model_in_another_schema_is_refused_too(staged):
    notes = model()
    Table("links", notes.metadata, Column("id", Integer, primary_key=True), schema="public")
    with pytest.raises(StagingError, match=r"public\.links must lie in the schema mod_sample"):
        staged(tochka_models=lambda: [notes])


@pytest.mark.parametrize(
    "info",
    [
        ModuleInfo(title=42),
        ModuleInfo(title=None),
        ModuleInfo(title="Sample", description=["text"]),
        ModuleInfo(title="Sample", icon=7),
        ModuleInfo(title="Sample", availability="free"),
    ],
    ids=repr,
)
def test_an_info_that_the_registry_could_not_store_is_refused(staged, info):
    with pytest.raises(StagingError, match="tochka_module_info"):
        staged(tochka_module_info=info)


@pytest.mark.parametrize("field", ["title", "description", "icon"])
@pytest.mark.parametrize("text", ["nul\0", "half \ud83d", "\udfff"], ids=ascii)
def test_an_info_with_text_that_cannot_be_stored_is_refused_by_field(staged, field, text):
    info = ModuleInfo(**{"title": "Sample", field: text})
    with pytest.raises(StagingError, match=f"tochka_module_info: {field}"):
        staged(tochka_module_info=info)


@pytest.mark.parametrize(
    "routes",
    [[42], ["/notes"], [no_handler], [Litestar([])]],
    ids=["number", "text", "undecorated function", "whole application"],
)
def test_what_is_no_route_is_refused(staged, routes):
    with pytest.raises(StagingError, match="tochka_routes"):
        staged(tochka_routes=lambda: routes)


def test_what_a_hook_raises_comes_through(module):
    @hookimpl
    def tochka_routes():
        raise LookupError("no routes today")

    with pytest.raises(LookupError, match="no routes today"):
        stage(LoadedModule(module(tochka_routes=tochka_routes)))

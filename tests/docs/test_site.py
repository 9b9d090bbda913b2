"""Nothing that somebody may use is without a page on the site, which `nox -s docs` has built."""

import inspect
from pathlib import Path

import click
import pytest
import tochka_plugins
from sphinx.util.inventory import InventoryFile
from tochka_core.cli.group import tochka
from tochka_core.settings import Settings
from tochka_plugins import TochkaError, errors, hookspecs

SITE = Path(__file__).parents[2] / "site"


@pytest.fixture(scope="module")
def described():
    """All names that have a place on the site."""
    inventory = InventoryFile.loads((SITE / "objects.inv").read_bytes(), uri="")
    return {name for names in inventory.data.values() for name in names}


def test_every_hook_is_described(described):
    hooks = {name for name in vars(hookspecs) if name.startswith("tochka_")}
    assert {name for name in hooks if f"tochka_plugins.hookspecs.{name}" not in described} == set()
    guide = (SITE / "hooks.html").read_text()
    assert {name for name in hooks if f">{name}<" not in guide} == set()


def test_every_error_is_described(described):
    raised = [
        name
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, TochkaError) and not name.startswith("_")
    ]
    missing = {name for name in raised if f"tochka_plugins.errors.{name}" not in described}
    assert missing == set()


def test_every_name_that_a_module_imports_is_described(described):
    told = {name.rpartition(".")[2] for name in described if name.startswith("tochka_plugins.")}
    assert set(tochka_plugins.__all__) - told == set()


def commands(group, words=("tochka",)):
    for name, command in group.commands.items():
        yield (*words, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))


def test_every_command_is_described():
    page = (SITE / "reference" / "cli.html").read_text()
    missing = {path for path in commands(tochka) if f'id="{"-".join(path)}"' not in page}
    assert missing == set()


def test_every_setting_is_described():
    page = (SITE / "settings.html").read_text()
    missing = {name for name in Settings.__struct_fields__ if f"{name.upper()}<" not in page}
    assert missing == set()


def test_every_setting_is_in_the_reference(described):
    known = {f"tochka_core.settings.Settings.{name}" for name in Settings.__struct_fields__}
    assert known - described == set()

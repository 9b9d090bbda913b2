"""What the platform is told about this module."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
from litestar.types import ControllerRouterHandler
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Limit, Model, ModuleInfo, Permission, hookimpl

from tochka_contacts.api import ContactDirectory
from tochka_contacts.commands import count
from tochka_contacts.controllers import ContactController
from tochka_contacts.directory import Directory
from tochka_contacts.models import Contact
from tochka_contacts.services import ContactService


@hookimpl
def tochka_module_info() -> ModuleInfo:
    """Present the module."""
    return ModuleInfo(
        title="Contacts", description="People and companies you work with.", icon="users"
    )


@hookimpl
def tochka_routes() -> Sequence[ControllerRouterHandler]:
    """Give the routes under `/api/v1/contacts`."""
    return [ContactController]


@hookimpl
def tochka_models() -> Sequence[type[Model]]:
    """Give the tables in `mod_contacts`."""
    return [Contact]


@hookimpl
def tochka_migrations() -> Path:
    """Give the folder of the revisions."""
    return Path(__file__).parent / "migrations"


@hookimpl
def tochka_permissions() -> Sequence[Permission]:
    """Declare what members of a tenant may do; the routes require it."""
    return [
        Permission("contacts:read", "See contacts", frozenset({"owner", "admin", "member"})),
        Permission("contacts:write", "Create, change and delete contacts"),
    ]


@hookimpl
def tochka_limits() -> Sequence[Limit]:
    """Declare what a plan may bound."""
    return [Limit(ContactService.limit, title="Contacts kept", unit="contacts", default=None)]


def make_directory(session: AsyncSession) -> ContactDirectory:
    """Make what looks contacts up in *session*."""
    return Directory(session)


@hookimpl
def tochka_services() -> Mapping[type, Callable[[AsyncSession], object]]:
    """Offer the contacts to modules that depend on this one."""
    return {ContactDirectory: make_directory}


@hookimpl
def tochka_commands() -> Sequence[click.Command]:
    """Give the commands under `tochka contacts`."""
    return [count]

"""`/api/v1/tenants/{name}/modules/{module}/settings`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Controller, Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from tochka_plugins import CurrentPrincipal, Page, PageQuery, problems
from tochka_plugins.pagination import Limit, Offset

from tochka_core.db.injection import PlatformSession
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.module_settings.changing import Rules, Wanted, change_settings
from tochka_core.module_settings.errors import StaleVersion
from tochka_core.module_settings.history import list_versions
from tochka_core.module_settings.schemas import SettingsOut, SettingsVersionOut
from tochka_core.module_settings.stored import read_stored
from tochka_core.subscriptions.opening import ModuleLapsed
from tochka_core.tenants.permissions import MANAGE_MODULES
from tochka_core.tenants.standing import get_standing, lock_tenant_to

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description='The version that the change is made for, such as `"3"`; if there is another'
        " one by now, nothing is changed.",
    ),
]
Reset = Annotated[
    list[str] | None,
    QueryParameter(
        max_items=1000, description="Fields that are to have their defaults again; may be repeated."
    ),
]
_TAG: Final = re.compile(r'"(\d{1,10})"')


class SettingsController(Controller):
    """What a tenant sets for a module, for those who manage its modules."""

    path = "/tenants/{name:str}/modules/{module:str}/settings"
    tags = ["module settings"]  # noqa: RUF012 - the name and type are Litestar's

    @get("/", summary="Get the settings of a module", responses=problems(ModuleLapsed))
    async def show(
        self,
        name: FromPath[str],
        module: FromPath[str],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings_catalog: NamedDependency[SettingsCatalog],
        encryption_ring: NamedDependency[EncryptionRing],
    ) -> Response[SettingsOut]:
        """Return all fields, set or not; of secrets only whether they are set."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_MODULES)
        tenant_id = standing.tenant.id
        kind = await settings_catalog.get_kind(platform_session, tenant_id, module)
        stored = await read_stored(platform_session, tenant_id, module)
        return _tagged(SettingsOut.of(kind, stored, encryption_ring, tenant_id))

    @patch(
        "/",
        summary="Change the settings of a module",
        responses=problems(ModuleLapsed, StaleVersion),
    )
    async def change(
        self,
        name: FromPath[str],
        module: FromPath[str],
        data: JSONBody[dict[str, Any]],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings_catalog: NamedDependency[SettingsCatalog],
        encryption_ring: NamedDependency[EncryptionRing],
        reset: Reset = None,
        if_match: IfMatch = None,
    ) -> Response[SettingsOut]:
        """Set the fields that the body names; `null` is a value, for fields that may be `null`.

        All are changed, or none. They are in force in all workers at once.
        """
        standing = await lock_tenant_to(platform_session, principal, name, MANAGE_MODULES)
        tenant_id = standing.tenant.id
        kind = await settings_catalog.get_kind(platform_session, tenant_id, module)
        rules = Rules(kind, encryption_ring, tenant_id)
        wanted = Wanted(data, frozenset(reset or ()), _versions(if_match))
        stored = await change_settings(platform_session, standing, rules, wanted)
        return _tagged(SettingsOut.of(kind, stored, encryption_ring, tenant_id))

    @get(
        "/schema",
        summary="Get the JSON Schema of a module's settings",
        responses=problems(ModuleLapsed),
    )
    async def show_schema(
        self,
        name: FromPath[str],
        module: FromPath[str],
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings_catalog: NamedDependency[SettingsCatalog],
    ) -> Mapping[str, Any]:
        """Return what the values have to fit (JSON Schema 2020-12); secrets are `writeOnly`."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_MODULES)
        kind = await settings_catalog.get_kind(platform_session, standing.tenant.id, module)
        return kind.schema()

    @get(
        "/history",
        summary="List changes of a module's settings",
        responses=problems(ModuleLapsed),
    )
    async def list_changes(
        self,
        name: FromPath[str],
        module: FromPath[str],
        *,
        platform_session: PlatformSession,
        principal: CurrentPrincipal,
        settings_catalog: NamedDependency[SettingsCatalog],
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[SettingsVersionOut]:
        """Return who has changed what and when, the newest first; values of secrets nowhere."""
        standing = await get_standing(platform_session, principal, name)
        standing.require(MANAGE_MODULES)
        tenant_id = standing.tenant.id
        kind = await settings_catalog.get_kind(platform_session, tenant_id, module)
        query = PageQuery(limit=limit, offset=offset)
        found, total = await list_versions(platform_session, tenant_id, module, query)
        return query.page([SettingsVersionOut.of(version, kind) for version in found], total)


def _tagged(settings: SettingsOut) -> Response[SettingsOut]:
    return Response(settings, headers={"ETag": f'"{settings.version}"'})


def _versions(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that `If-Match` names (RFC 9110, section 13.1.1); `None` for any.

    A tag that is none of ours, or a weak one, is that of no version.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = (_TAG.fullmatch(tag.strip()) for tag in if_match.split(","))
    return frozenset(int(tag[1]) for tag in tags if tag)

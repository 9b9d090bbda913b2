"""The contract between the platform and its modules: all that a module imports.

`tochka_plugins.hookspecs` lists the hooks; the names below are the rest of the public surface.
"""

from tochka_plugins.commands import PlatformRunner, pass_platform
from tochka_plugins.context import Platform, Principal, Tenant
from tochka_plugins.errors import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    TochkaError,
    Unavailable,
)
from tochka_plugins.hookspecs import hookimpl
from tochka_plugins.info import ModuleInfo
from tochka_plugins.injection import CurrentPrincipal, CurrentTenant, RequestedPage, Session
from tochka_plugins.limits import Limit
from tochka_plugins.models import Model, PlatformModel, TenantModel, module_registry
from tochka_plugins.pagination import Page, PageQuery
from tochka_plugins.permissions import Permission
from tochka_plugins.routing import ANONYMOUS

__all__ = [
    "ANONYMOUS",
    "Conflict",
    "CurrentPrincipal",
    "CurrentTenant",
    "InvalidInput",
    "Limit",
    "Model",
    "ModuleInfo",
    "NotAuthenticated",
    "NotFound",
    "Page",
    "PageQuery",
    "Permission",
    "PermissionDenied",
    "Platform",
    "PlatformModel",
    "PlatformRunner",
    "Principal",
    "RequestedPage",
    "Session",
    "Tenant",
    "TenantModel",
    "TochkaError",
    "Unavailable",
    "hookimpl",
    "module_registry",
    "pass_platform",
]

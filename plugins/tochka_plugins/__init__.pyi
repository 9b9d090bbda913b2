from .context import Platform, Principal, Tenant
from .errors import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    TochkaError,
    Unavailable,
)
from .hookspecs import hookimpl
from .info import ModuleInfo
from .injection import CurrentPrincipal, CurrentTenant, RequestedPage, Session
from .models import Model, PlatformModel, TenantModel, module_registry
from .pagination import Page, PageQuery
from .routing import ANONYMOUS

__all__ = [
    "ANONYMOUS",
    "Conflict",
    "CurrentPrincipal",
    "CurrentTenant",
    "InvalidInput",
    "Model",
    "ModuleInfo",
    "NotAuthenticated",
    "NotFound",
    "Page",
    "PageQuery",
    "PermissionDenied",
    "Platform",
    "PlatformModel",
    "Principal",
    "RequestedPage",
    "Session",
    "Tenant",
    "TenantModel",
    "TochkaError",
    "Unavailable",
    "hookimpl",
    "module_registry",
]

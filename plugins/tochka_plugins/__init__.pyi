from .commands import PlatformRunner, pass_platform
from .context import Person, Platform, Principal, Tenant
from .errors import (
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PaymentRequired,
    PermissionDenied,
    TochkaError,
    TooManyRequests,
    Unavailable,
)
from .guards import requires, requires_step_up
from .hookspecs import hookimpl
from .info import ModuleInfo
from .injection import (
    CurrentPerson,
    CurrentPrincipal,
    CurrentSettings,
    CurrentTenant,
    RequestedPage,
    Session,
)
from .limits import Limit
from .messages import Message
from .models import Model, PlatformModel, TenantModel, module_registry
from .pagination import Page, PageQuery
from .permissions import Permission
from .problems import problems
from .routing import ANONYMOUS, ANY_MEMBER
from .settings import Secret

__all__ = [
    "ANONYMOUS",
    "ANY_MEMBER",
    "Conflict",
    "CurrentPerson",
    "CurrentPrincipal",
    "CurrentSettings",
    "CurrentTenant",
    "InvalidInput",
    "Limit",
    "Message",
    "Model",
    "ModuleInfo",
    "NotAuthenticated",
    "NotFound",
    "Page",
    "PageQuery",
    "PaymentRequired",
    "Permission",
    "PermissionDenied",
    "Person",
    "Platform",
    "PlatformModel",
    "PlatformRunner",
    "Principal",
    "RequestedPage",
    "Secret",
    "Session",
    "Tenant",
    "TenantModel",
    "TochkaError",
    "TooManyRequests",
    "Unavailable",
    "hookimpl",
    "module_registry",
    "pass_platform",
    "problems",
    "requires",
    "requires_step_up",
]

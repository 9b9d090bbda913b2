from .commands import PlatformRunner, pass_platform
from .context import Person, Platform, Principal, Tenant
from .counting import Limits, LimitUsage, UndeclaredLimit
from .crud import CrudService
from .deprecation import DeprecatedContract
from .errors import (
    Conflict,
    InvalidInput,
    LimitReached,
    ModuleNotOpen,
    NotAuthenticated,
    NotFound,
    PaymentRequired,
    PermissionDenied,
    PlanLimitReached,
    TochkaError,
    TooManyRequests,
    Unavailable,
)
from .events import Event, EventInfo, event_name
from .guards import requires, requires_step_up
from .hookspecs import hookimpl
from .info import ModuleInfo
from .injection import (
    CurrentLimits,
    CurrentPerson,
    CurrentPrincipal,
    CurrentSettings,
    CurrentTenant,
    RequestedPage,
    Session,
)
from .limits import Limit
from .messages import Message
from .models import Model, PlatformModel, TenantModel, memberships, module_registry, users
from .moments import in_utc, moment_query, read_moment
from .pagination import Page, PageQuery
from .permissions import Permission
from .problems import problems
from .publishing import UndeclaredEvent, UnfitEvent, known_events, publish
from .refusals import refused
from .routing import ANONYMOUS, ANY_MEMBER
from .sealing import seal, sealed_column, unseal
from .services import FromModule, UnknownService, find_service, require_service
from .settings import Secret
from .subscriptions import Subscription

__all__ = [
    "ANONYMOUS",
    "ANY_MEMBER",
    "Conflict",
    "CrudService",
    "CurrentLimits",
    "CurrentPerson",
    "CurrentPrincipal",
    "CurrentSettings",
    "CurrentTenant",
    "DeprecatedContract",
    "Event",
    "EventInfo",
    "FromModule",
    "InvalidInput",
    "Limit",
    "LimitReached",
    "LimitUsage",
    "Limits",
    "Message",
    "Model",
    "ModuleInfo",
    "ModuleNotOpen",
    "NotAuthenticated",
    "NotFound",
    "Page",
    "PageQuery",
    "PaymentRequired",
    "Permission",
    "PermissionDenied",
    "Person",
    "PlanLimitReached",
    "Platform",
    "PlatformModel",
    "PlatformRunner",
    "Principal",
    "RequestedPage",
    "Secret",
    "Session",
    "Subscription",
    "Tenant",
    "TenantModel",
    "TochkaError",
    "TooManyRequests",
    "Unavailable",
    "UndeclaredEvent",
    "UndeclaredLimit",
    "UnfitEvent",
    "UnknownService",
    "event_name",
    "find_service",
    "hookimpl",
    "in_utc",
    "known_events",
    "memberships",
    "module_registry",
    "moment_query",
    "pass_platform",
    "problems",
    "publish",
    "read_moment",
    "refused",
    "require_service",
    "requires",
    "requires_step_up",
    "seal",
    "sealed_column",
    "unseal",
    "users",
]

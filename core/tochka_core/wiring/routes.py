"""The core's own routes, and what their handlers get by name."""

from typing import Final

from litestar import Router
from litestar.di import Provide

from tochka_core.api_keys.controllers import ApiKeyController
from tochka_core.archives.controllers import ArchiveController
from tochka_core.archives.serving import Exports
from tochka_core.audit.controllers import AuditController
from tochka_core.auth.controllers import AuthController
from tochka_core.domains.controllers import DomainController
from tochka_core.domains.proofs import ProofFinder
from tochka_core.http.dependencies import core_dependencies
from tochka_core.http.health import HealthController
from tochka_core.http.metrics import MetricsController
from tochka_core.http.mounting import API_PATH
from tochka_core.http.own_router import OwnRouter
from tochka_core.limits.controllers import LimitController
from tochka_core.messages.outgoing import provide_outgoing
from tochka_core.module_settings.controllers import SettingsController
from tochka_core.neighbours.controllers import EventController
from tochka_core.passwords.controllers import PasswordController
from tochka_core.registry.controllers import ModuleController
from tochka_core.second_factor.controllers import SecondFactorController, UserSecondFactorController
from tochka_core.sessions.controllers import SessionController
from tochka_core.subscriptions.controllers import SubscriptionController
from tochka_core.subscriptions.plan_controller import PlanController
from tochka_core.tenants.controllers import TenantController
from tochka_core.tenants.invitation_controllers import (
    ReceivedInvitationController,
    SentInvitationController,
)
from tochka_core.tenants.member_controller import MemberController
from tochka_core.tenants.role_controller import OwnPermissionController, RoleController
from tochka_core.users.administration_controller import AdministrationController
from tochka_core.users.controllers import UserController
from tochka_core.wiring.people import people_services
from tochka_core.wiring.shared import Shared

_CONTROLLERS: Final = (
    AuthController,
    SessionController,
    PasswordController,
    SecondFactorController,
    UserController,
    UserSecondFactorController,
    AdministrationController,
    TenantController,
    ArchiveController,
    AuditController,
    MemberController,
    SentInvitationController,
    ReceivedInvitationController,
    RoleController,
    ApiKeyController,
    DomainController,
    OwnPermissionController,
    ModuleController,
    SettingsController,
    LimitController,
    EventController,
    PlanController,
    SubscriptionController,
)
"""What the core serves under `/api/v1`."""


def core_routes(shared: Shared, proofs: ProofFinder) -> Router:
    """Return the core's own routes, and what their handlers get by name."""
    parts = {
        "access_cache": shared.cache,
        "counter": shared.counter,
        "database": shared.database,
        "encryption_ring": shared.ring,
        "exports": Exports(shared.settings),
        "module_health": shared.module_health,
        "neighbourhood": shared.neighbourhood,
        "permission_catalog": shared.permission_catalog,
        "proofs": proofs,
        "sessions": shared.sessions,
        "settings": shared.settings,
        "settings_catalog": shared.settings_catalog,
        "stopped_modules": shared.stopped_modules,
        "sales": shared.sales,
        "tenant_hooks": shared.tenant_hooks,
        **people_services(shared),
    }
    return OwnRouter(
        path="/",
        route_handlers=[
            HealthController,
            MetricsController,
            OwnRouter(path=API_PATH, route_handlers=_CONTROLLERS),
        ],
        dependencies={
            **core_dependencies(shared.database, parts),
            "outgoing": Provide(provide_outgoing(shared.messenger, shared.cache)),
        },
    )

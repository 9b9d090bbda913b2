"""What is migrated: the core with its models, and the modules that were staged."""

from msgspec.structs import replace
from tochka_migrations import Target, core_target
from tochka_migrations.targets import module_target
from tochka_plugins.host import Assembly, Gated, assemble, discover, gate

from tochka_core import __version__
from tochka_core.api_keys.models import ApiKey
from tochka_core.audit.models import AuditEntry
from tochka_core.codes.models import OneTimeCode
from tochka_core.domains.models import Domain
from tochka_core.errors import OperatorError
from tochka_core.known_devices.models import KnownDevice
from tochka_core.limits.models import CountedUsage
from tochka_core.module_settings.models import ModuleSettings
from tochka_core.registry.models import Module
from tochka_core.second_factor.models import SecondFactor
from tochka_core.sessions.models import UserSession
from tochka_core.subscriptions.models import Subscription
from tochka_core.tenants.models import Tenant
from tochka_core.throttling.models import Throttle
from tochka_core.users.models import User

_MODELS = (
    *(ApiKey, AuditEntry, CountedUsage, Domain, KnownDevice, Module, ModuleSettings, OneTimeCode),
    *(SecondFactor, Subscription, Tenant, Throttle, User, UserSession),
)
"""One of each file of models, with which the others of the file are declared."""


def core_with_models() -> Target:
    """Return the core's target with all tables that its models declare."""
    (metadata,) = {model.metadata for model in _MODELS}
    return core_target(metadata)


def module_targets(assembly: Assembly) -> list[Target]:
    """Return a target for each module that brings revisions, in the order of dependencies."""
    return [
        module_target(
            module.name, module.migrations, requires=module.requires, metadata=module.metadata
        )
        for module in assembly.modules
        if module.migrations is not None
    ]


def get_module_target(name: str) -> Target:
    """Return the target of one module; the others are not imported for it.

    Raises:
        OperatorError: it is not installed, is quarantined, or brings no revisions.
    """
    gated = _gated(name)
    admitted = tuple(candidate for candidate in gated.admitted if candidate.name == name)
    return _targets_up_to(name, replace(gated, admitted=admitted))[-1]


def get_targets_up_to(name: str) -> list[Target]:
    """Return the targets of what one module needs, in the order of dependencies, and its own last.

    Raises:
        OperatorError: it is not installed, it or what it needs is quarantined, or it brings no
            revisions.
    """
    return _targets_up_to(name, _gated(name))


def _gated(name: str) -> Gated:
    return gate(discover(), core_version=__version__).only({name})


def _targets_up_to(name: str, gated: Gated) -> list[Target]:
    assembly = assemble(gated)
    targets = module_targets(assembly)
    if any(target.name == name for target in targets):
        return targets
    # What it needs comes before it.
    for item in assembly.quarantined:
        which = name if item.name == name else f"{name} needs {item.name}, which"
        raise OperatorError(f"{which} is quarantined in phase {item.phase}: {item.reason}")
    if gated.admitted:
        raise OperatorError(
            f"{name} names no folder of revisions: give the hook tochka_migrations."
        )
    raise OperatorError(f"The module {name!r} is not installed.")

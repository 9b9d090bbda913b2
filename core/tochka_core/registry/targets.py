"""What is migrated: the core with its models, and the modules that were staged."""

from tochka_migrations import Target, core_target
from tochka_migrations.targets import module_target
from tochka_plugins.host import Assembly

from tochka_core.registry.models import Module
from tochka_core.tenants.models import Tenant
from tochka_core.users.models import User


def core_with_models() -> Target:
    """Return the core's target with all tables that its models declare."""
    (metadata,) = {model.metadata for model in (Module, Tenant, User)}
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

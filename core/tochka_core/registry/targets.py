"""What is migrated for the modules that were staged."""

from tochka_migrations import Target
from tochka_migrations.targets import module_target
from tochka_plugins.host import Assembly


def module_targets(assembly: Assembly) -> list[Target]:
    """Return a target for each module that brings revisions, in the order of dependencies."""
    return [
        module_target(
            module.name, module.migrations, requires=module.requires, metadata=module.metadata
        )
        for module in assembly.modules
        if module.migrations is not None
    ]

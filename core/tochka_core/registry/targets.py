"""What is migrated for the modules that were staged."""

from collections.abc import Mapping

from tochka_migrations import Target
from tochka_migrations.targets import module_target
from tochka_plugins.host import Assembly


def module_targets(assembly: Assembly, requires: Mapping[str, frozenset[str]]) -> list[Target]:
    """Return a target for each module that brings revisions, in the order of dependencies."""
    return [
        module_target(
            module.name,
            module.migrations,
            requires=requires[module.name],
            metadata=module.metadata,
        )
        for module in assembly.modules
        if module.migrations is not None
    ]

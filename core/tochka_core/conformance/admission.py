"""What the judgement says of a module: the first check, on which all others depend."""

from collections.abc import Mapping
from typing import Final

from tochka_plugins.host import Phase

from tochka_core.conformance.catalog import ADMITTED
from tochka_core.conformance.report import Fault, Result, Verdict
from tochka_core.registry.events import Judgement

_TODO: Final[Mapping[Phase, str]] = {
    "gate": "mend its metadata in pyproject.toml, or install what it needs",
    "load": "let what its entry point names be imported fast and without side effects",
    "stage": "mend what the hook gives; tochka_plugins/hookspecs.py has the rules",
    "migrate": "mend the revision, or write the one that is missing; see docs/migrations.md",
    "start": "let tochka_startup and tochka_shutdown end soon, and leave the process alone",
}


def admission(judgement: Judgement, name: str) -> Result:
    """Return whether the module *name* is ready, and why not."""
    faults = tuple(
        Fault(f"quarantined in phase {item.phase}: {item.reason}", _TODO[item.phase])
        for item in judgement.quarantined
        if item.name == name
    )
    if not faults and name not in {item.name for item in judgement.ready}:
        faults = (Fault("the platform does not find it", "install it with its entry point"),)
    return ADMITTED.result(Verdict(faults))

"""Building the whole application with all modules before a worker does."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from litestar import Litestar
from litestar.serialization import encode_json
from msgspec.structs import replace
from tochka_plugins.host import (
    Assembly,
    Gated,
    Phase,
    Quarantined,
    StagedModule,
    assemble,
    fit,
)

from tochka_core.app import create_app
from tochka_core.http.mounting import TrialMount
from tochka_core.http.openapi_document import openapi_document
from tochka_core.settings import MIN_SECRET_BYTES, Settings

_NO_SECRET: Final = "x" * MIN_SECRET_BYTES
_LEAST_BCRYPT_COST: Final = 4


def compose(
    gated: Gated,
    settings: Settings,
    *,
    set_aside: Sequence[Quarantined] = (),
    begin: Callable[[str, Phase], None] = lambda _module, _phase: None,
    staged: Callable[[], None] = lambda: None,
) -> Assembly:
    """Return what can be served of what the gate admitted, and what is set aside.

    Each module is loaded, staged and tried on its own; then all are built together, with their
    description. Nothing is opened. *begin* is told of each module's steps, *staged* that they are
    over.
    """
    # What is built here answers no request, so that it needs neither a secret nor slow hashes.
    settings = replace(settings, jwt_secret=_NO_SECRET, bcrypt_cost=_LEAST_BCRYPT_COST)
    assembly = assemble(
        gated, set_aside=set_aside, try_mount=TrialMount(create_app(settings)), begin=begin
    )
    staged()
    _, assembly = fit(assembly, partial(_build, settings))
    return assembly


def _build(settings: Settings, modules: Sequence[StagedModule]) -> Litestar:
    app = create_app(settings, modules)
    encode_json(openapi_document(app))
    return app

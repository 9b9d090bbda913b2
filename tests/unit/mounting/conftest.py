"""Modules whose routes are tried, and the core beside them."""

import pytest
from litestar import Litestar, get
from tochka_core.http.mounting import TrialMount, mount
from tochka_plugins import ModuleInfo, Permission
from tochka_plugins.host import StagedModule


@pytest.fixture
def staged():
    """Make a staged module with *routes*."""

    def make(name, *routes, permissions=(), requires=frozenset(), settings=None):
        return StagedModule(
            settings=settings,
            permissions=tuple(Permission(name, "Allow it") for name in permissions),
            requires=requires,
            candidate=FakeCandidate(name),
            hooks=None,
            info=ModuleInfo(title=name),
            routes=routes,
            metadata=None,
            migrations=None,
        )

    return make


@pytest.fixture
def served(core, staged):
    """Try modules in turn, then mount all of them; return their paths."""

    def run(**modules):
        trial = TrialMount(core)
        made = [staged(name, *routes) for name, routes in modules.items()]
        for module in made:
            trial(module)
        app = Litestar([mount(module) for module in made], openapi_config=None)
        return sorted(route.path.removeprefix("/api/v1") for route in app.routes)

    return run


@pytest.fixture
def core():
    """An application without modules."""

    @get("/api/v1/users/me", name="me")
    async def read_me() -> str:
        return ""

    return Litestar([read_me])


class FakeCandidate:
    """As much of a candidate as mounting looks at."""

    def __init__(self, name):
        self.name = name

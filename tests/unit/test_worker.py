"""A worker serves what it can, whatever the record says."""

import sys
from types import ModuleType

import pytest
from litestar import WebSocket, websocket
from structlog.testing import capture_logs
from tochka_core import __version__
from tochka_core.server.worker import build_app
from tochka_core.settings import Settings
from tochka_plugins import hookimpl
from tochka_plugins.host import Candidate, assemble, gate

SETTINGS = Settings(
    database_url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
    jwt_secret="0123456789abcdef0123456789abcdef",
    bcrypt_cost=4,
)


@pytest.fixture
def assembled(monkeypatch):
    """Assemble modules with one websocket each, by module and the name of its handler."""

    def make(**names):
        candidates = []
        for module, name in names.items():
            hooks = ModuleType(f"{module}_hooks")
            hooks.tochka_routes = hookimpl(lambda name=name: [socket_named(name)])
            monkeypatch.setitem(sys.modules, hooks.__name__, hooks)
            candidates.append(Candidate(module, hooks.__name__, module, "1.0", "", (), None))
        return assemble(gate(candidates, core_version=__version__))

    return make


def socket_named(handler_name):
    # Litestar takes two handlers of one name for one where their functions have one name too.
    @websocket("/live", name=handler_name)
    async def listen(socket: WebSocket) -> None: ...

    listen.fn.__qualname__ = f"listen_{id(listen)}"
    return listen


def test_a_module_that_cannot_be_mounted_is_left_out_with_a_log_line(assembled):
    with capture_logs() as logs:
        assembly = assembled(aa="shared", bb="shared", cc="own")
        app = build_app(SETTINGS, assembly, ready=["aa", "bb", "cc"])
    served = {route.path for route in app.routes}
    assert {"/api/v1/aa/live", "/api/v1/cc/live", "/api/v1/users/me"} <= served
    assert "/api/v1/bb/live" not in served
    (line,) = [line for line in logs if line["event"] == "module not served"]
    assert line["module"] == "bb"
    assert "shared is not unique" in line["reason"]

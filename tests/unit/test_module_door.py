"""Who sees all tenants outside of a request says why."""

from contextlib import nullcontext

from structlog.testing import capture_logs
from tochka_core.registry.module_door import Doors, ModuleDoor


class FakeDatabase:
    def platform_scope(self, *, reason):
        return nullcontext(reason)


class FakeCache:
    database = FakeDatabase()


def door():
    doors = Doors(cache=FakeCache(), neighbourhood=None, ring=None)
    return ModuleDoor(doors, "notes")


def test_who_sees_all_tenants_is_logged_with_the_reason():
    with capture_logs() as logs, door().platform_scope(reason="count"):
        pass
    assert logs == [
        {"event": "platform scope", "module": "notes", "reason": "count", "log_level": "info"}
    ]

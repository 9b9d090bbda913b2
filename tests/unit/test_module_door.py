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


def test_a_reason_that_comes_again_and_again_is_told_once():
    one = door()
    with capture_logs() as logs:
        for reason in ("look for work", "look for work", "count"):
            with one.platform_scope(reason=reason):
                pass
    assert [(line["reason"], line["log_level"]) for line in logs] == [
        ("look for work", "info"),
        ("look for work", "debug"),
        ("count", "info"),
    ]

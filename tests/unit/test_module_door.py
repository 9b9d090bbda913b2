"""What a module gets of the database outside of a request."""

from contextlib import nullcontext
from uuid import uuid4

from structlog.testing import capture_logs
from tochka_core.db.module_door import ModuleDoor


class FakeDatabase:
    def tenant_scope(self, tenant_id):
        return nullcontext(tenant_id)

    def platform_scope(self, *, reason):
        return nullcontext(reason)


def test_who_sees_all_tenants_is_logged_with_the_reason():
    with capture_logs() as logs, ModuleDoor(FakeDatabase(), "notes").platform_scope(reason="count"):
        pass
    assert logs == [
        {"event": "platform scope", "module": "notes", "reason": "count", "log_level": "info"}
    ]


def test_who_sees_one_tenant_is_not():
    tenant_id = uuid4()
    with capture_logs() as logs, ModuleDoor(FakeDatabase(), "notes").tenant_scope(tenant_id) as own:
        assert own == tenant_id
    assert logs == []

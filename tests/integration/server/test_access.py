"""What one worker changes is in force in the others."""

import statistics
import time

from serving import eventually

ROUNDS = 20


def test_who_is_removed_by_one_worker_is_refused_by_another(serve):
    """Two servers with one worker each, so that it is known which one answers."""
    first = serve()
    acme = first.tenant_client("acme")
    master = first.master_client()
    phone, token = first.register()
    second = serve()
    member = second.client(token, "acme")
    seconds = []
    for _ in range(ROUNDS):
        made = master.post("/api/v1/tenants/acme/members", json={"phone": phone})
        path = f"/api/v1/tenants/acme/members/{made.json()['user_id']}"
        eventually(lambda: member.get("/api/v1/modules").status_code == 200, second)
        assert acme.delete(path).status_code == 204
        removed = time.perf_counter()
        while member.get("/api/v1/modules").status_code != 404:
            pass
        seconds.append(time.perf_counter() - removed)
    print(
        f"removed in one worker, refused in another: median {statistics.median(seconds) * 1000:.1f}"
        f" ms, at most {max(seconds) * 1000:.1f} ms, of {ROUNDS}"
    )

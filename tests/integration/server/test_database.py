"""A private database that is killed under a platform that serves."""

import psutil
from serving import eventually


def kill_database(place):
    """Kill the server of the place's database as a whole."""
    pid = int((place.data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    psutil.Process(pid).kill()


def is_ready(client):
    return client.get("/health/ready").status_code == 200


def test_a_killed_database_comes_back_with_all_that_was_committed(place, serve):
    platform = serve()
    acme = platform.tenant_client("acme")
    for times in (1, 2):
        kill_database(place)
        platform.wait_for("is gone", times)
        eventually(lambda: is_ready(acme), platform)
        assert acme.get("/api/v1/users/me").status_code == 200
    assert platform.stop() == 0
    assert place.processes() == []


def test_a_database_that_does_not_start_is_tried_again_until_it_does(place, serve):
    platform = serve()
    client = platform.client()
    control = place.data_dir / "postgres" / "global" / "pg_control"
    hidden = control.with_name("hidden")
    control.rename(hidden)
    kill_database(place)
    platform.wait_for("database not started", 2)
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    hidden.rename(control)
    eventually(lambda: is_ready(client), platform)


def test_a_stop_does_not_wait_for_a_database_that_does_not_start(place, serve):
    platform = serve()
    (place.data_dir / "postgres" / "global" / "pg_control").unlink()
    kill_database(place)
    platform.wait_for("database not started")
    assert platform.stop() == 0
    assert place.processes() == []

"""Workers that end: the platform goes on."""

import os
import signal

import pytest
from mischief import ENDS_WORKERS, FAILS_IN_WORKERS, WAITS_AT_IMPORT
from serving import eventually

REQUESTS = 20


def test_a_worker_that_is_killed_again_and_again_is_started_again(serve):
    platform = serve()
    for times in range(1, 4):
        (worker,) = platform.workers
        worker.kill()
        platform.wait_for("starting it again", times)
        platform.wait_for("Started worker-1", times + 1)
    platform.wait_until_live()
    assert platform.stop() == 0


def test_others_serve_while_a_worker_cannot_live_and_it_returns_when_it_can(place, serve):
    place.install("fragile", ENDS_WORKERS)
    platform = serve(TOCHKA_WORKERS="2")
    platform.wait_for("Started worker-2")
    place.flag("break").touch()
    platform.workers[0].kill()
    platform.wait_for("starting it again in 2 s")
    client = platform.client()
    assert {client.get("/health/live").status_code for _ in range(REQUESTS)} == {200}
    place.flag("break").unlink()
    started = platform.output.count("Started worker")
    platform.wait_for("Started worker", started + 1)
    assert len(platform.workers) == 2


def test_a_stop_ends_the_pause_before_a_worker_is_started_again(place, serve):
    place.install("fragile", ENDS_WORKERS)
    platform = serve()
    place.flag("break").touch()
    platform.workers[0].kill()
    platform.wait_for("starting it again in 4 s")
    platform.process.send_signal(signal.SIGTERM)
    code, output = platform.wait()
    assert code == 0
    assert "Spawning" not in output.partition("starting it again in 4 s")[2]


def test_a_first_worker_that_cannot_start_ends_the_server(place, serve):
    place.install("fragile", ENDS_WORKERS)
    place.flag("break").touch()
    platform = serve(is_awaited=False)
    code, output = platform.wait()
    assert code == 1
    assert "A worker could not be started" in output
    assert place.processes() == []


@pytest.fixture
def judging(place, serve):
    """A server that judges a module until the flag `hang` is gone."""
    place.install("slow", WAITS_AT_IMPORT)
    place.flag("hang").touch()
    platform = serve(is_awaited=False, TOCHKA_WORKERS="2")
    eventually(place.flag("hangs").exists, platform)
    return platform


def test_a_worker_that_ends_while_modules_are_judged_is_started_again(place, judging):
    judging.workers[0].kill()
    place.flag("hang").unlink()
    judging.wait_for("Started worker-1")
    judging.wait_for("Started worker-2")
    judging.wait_until_live()
    assert len(judging.workers) == 2
    assert judging.stop() == 0


def test_the_end_of_the_terminal_while_modules_are_judged_ends_nothing(place, judging):
    """The signal goes to all processes of it at once."""
    os.killpg(judging.process.pid, signal.SIGHUP)
    place.flag("hang").unlink()
    judging.wait_until_live()
    judging.wait_for("Replaced worker-2")
    assert "has ended" not in judging.output


def test_a_module_that_fails_in_a_worker_alone_is_reported_and_answers_503(place, serve):
    place.install("moody", FAILS_IN_WORKERS)
    platform = serve()
    acme = platform.tenant_client("acme")
    # Not by the API: where it cannot be told that a tenant has it, nobody is given it.
    platform.run_command("modules", "enable", "moody", "--tenant", "acme")
    states = {item["name"]: item["state"] for item in acme.get("/health/ready").json()["modules"]}
    assert states["moody"] == "stopped"
    for path in ("/api/v1/moody", "/api/v1/moody/deeper/still"):
        answer = acme.get(path)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
    other = platform.tenant_client("globex")
    assert other.get("/api/v1/moody").status_code == 404

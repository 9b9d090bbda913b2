"""Whatever was killed, the next start heals it and loses nothing that was committed."""

import signal

from sqlalchemy import make_url


def test_a_killed_launchers_server_is_joined_and_stopped(enter, launch, server):
    victim = launch()
    victim.read_url()
    pid = server.pid
    victim.kill()
    assert server.processes(), "the server outlives its launcher"
    with enter():
        assert server.pid == pid
    assert server.processes() == []
    assert not server.pid_file.exists()


def test_a_killed_servers_committed_rows_are_there_again(enter, launch, server, run_sql):
    victim = launch()
    run_sql(victim.read_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    server.kill()
    victim.kill()
    with enter() as url:
        assert run_sql(url, "SELECT answer FROM kept") == 42
    assert server.processes() == []


def test_a_server_killed_under_its_users_is_started_anew(enter, launch, server, run_sql):
    with enter() as url:
        run_sql(url, "CREATE TABLE kept AS SELECT 42 AS answer")
        server.kill()
        other = launch()
        assert other.read_url() == url
        assert run_sql(url, "SELECT answer FROM kept") == 42
        other.leave()
        assert run_sql(url, "SELECT answer FROM kept") == 42
    assert server.processes() == []


def test_the_remains_of_a_killed_server_are_waited_for(launch, server, run_sql, eventually):
    victim = launch()
    victim.read_url()
    remains = next(process for process in server.processes() if process.pid != server.pid)
    # A child that is stopped cannot notice that its server has died.
    remains.send_signal(signal.SIGSTOP)
    server.kill()
    victim.kill()
    successor = launch()
    log = server.data_dir / "postgres.log"
    eventually(lambda: "pre-existing shared memory block" in log.read_text())
    remains.send_signal(signal.SIGCONT)
    assert run_sql(successor.read_url(), "SELECT 1") == 1
    successor.leave()
    assert server.processes() == []


def test_a_launcher_killed_during_initdb_leaves_nothing_in_the_way(
    enter, launch, server, run_sql, eventually
):
    victim = launch()
    eventually(lambda: list(server.data_dir.glob("postgres.new.*/cluster")))
    victim.kill()
    assert not (server.data_dir / "postgres").exists()
    # The victim's initdb lives on for a moment, beside the one that is started here.
    with enter() as url:
        assert run_sql(url, "SELECT 1") == 1
    with enter():
        assert list(server.data_dir.glob("postgres.new.*")) == []
    assert server.processes() == []


def test_a_start_killed_before_the_role_and_the_database_heals(enter, data_dir, run_sql):
    with enter() as url:
        password = (data_dir / "postgres.password").read_text().strip()
        superuser = make_url(url).set(username="postgres", password=password, database="postgres")
        for statement in ("DROP DATABASE tochka", "DROP ROLE tochka"):
            run_sql(superuser.render_as_string(hide_password=False), statement)
    (data_dir / "tochka.password").unlink()
    with enter() as url:
        assert run_sql(url, "SELECT current_user") == "tochka"

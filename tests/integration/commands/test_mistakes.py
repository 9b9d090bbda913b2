"""What an operator gets wrong is told in one clear line."""

import socket

import pytest
from one_line import assert_one_line_error


@pytest.mark.parametrize(
    ("arguments", "stdin", "part"),
    [
        (("users", "create", "--phone", "12", "--password-stdin"), "correct horse", "phone number"),
        (
            ("users", "create", "--phone", "+79123456789", "--password-stdin"),
            "short",
            "8 characters",
        ),
        (("tenants", "create", "No Good"), "", "tenant's name"),
        (("tenants", "create", "acme", "--owner", "+79123456789"), "", "registered"),
    ],
)
def test_a_bad_argument_is_one_line(here, arguments, stdin, part):
    assert_one_line_error(here(*arguments, stdin=stdin), part)


@pytest.mark.parametrize(
    ("runner", "command"),
    [("here", ("upgrade",)), ("here", ("modules", "list")), ("tochka", ("serve",))],
)
def test_a_database_that_cannot_be_used_is_one_line(
    request, empty_database_url, unused_port, runner, command
):
    run = request.getfixturevalue(runner)
    url = f"postgresql+asyncpg://user:hush@127.0.0.1:{unused_port}/db"
    away = run(*command, DATABASE_URL=url, PORT=unused_port)
    assert_one_line_error(away, "cannot be reached", "DATABASE_URL")
    assert "hush" not in away.stdout + away.stderr

    for flaw, part in (({"password": "hush"}, "password"), ({"database": "nowhere"}, "nowhere")):
        url = empty_database_url.set(**flaw).render_as_string(hide_password=False)
        assert_one_line_error(run(*command, DATABASE_URL=url, PORT=unused_port), part)


@pytest.mark.parametrize(
    "command",
    [
        "doctor",
        "modules list",
        "modules remove contacts",
        "modules purge contacts --yes",
        "tenants create acme",
        "tenants list",
        "users list",
    ],
)
def test_a_folder_without_a_database_is_one_line_and_gets_none(here, tmp_path, command):
    folder = tmp_path / "mistyped"
    ran = here(*command.split(), DATABASE_URL="", TOCHKA_DATA_DIR=str(folder))
    assert_one_line_error(ran, str(folder), "TOCHKA_DATA_DIR", "tochka serve")
    assert not folder.exists()


def test_a_port_in_use_is_one_line(tochka):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_one_line_error(tochka("serve", PORT=port), port, "PORT")


def test_a_host_that_cannot_be_one_is_one_line(tochka):
    assert_one_line_error(tochka("serve", HOST="a" * 64), "HOST")


def test_production_demands_a_secret(tochka):
    assert_one_line_error(tochka("serve", JWT_SECRET=""), "JWT_SECRET")
    assert_one_line_error(tochka("serve", JWT_SECRET="short"), "JWT_SECRET", "32")


def test_a_malformed_setting_is_named_and_an_unknown_one_reported(tochka, here):
    assert_one_line_error(here("upgrade", PORT="many"), "PORT")
    assert_one_line_error(here("upgrade", DATABASE_URL="mysql://x/y"), "DATABASE_URL")
    unknown = tochka("upgrade", TOCHKA_WORKER="2")
    assert unknown.returncode == 0
    assert "TOCHKA_WORKER" in unknown.stderr
    assert "TOCHKA_WORKERS" in unknown.stderr

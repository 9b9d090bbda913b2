"""`tochka users` in this process."""

import asyncio
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from structlog.testing import capture_logs
from tochka_core.cli.group import tochka
from tochka_core.db import Database
from tochka_core.passwords.hashing import PasswordHasher

PASSWORD, OTHER = "correct horse battery", "another horse battery"
MASTER, PERSON = "+79990000001", "+79990000002"


@pytest.fixture
def users(monkeypatch, tmp_path, settings):
    """Run a command; return its exit code and output."""
    monkeypatch.chdir(tmp_path)
    # The log of this process is pytest's.
    monkeypatch.setattr("tochka_core.cli.group.configure_logging", lambda _level: None)
    environ = {"DATABASE_URL": settings.database_url, "TOCHKA_BCRYPT_COST": "4"}

    def users(*words, stdin=None):
        with capture_logs():
            result = CliRunner().invoke(tochka, ["users", *words], input=stdin, env=environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output.strip()

    for phone, role in ((MASTER, "platform_master"), (PERSON, "user")):
        words = ("create", "--phone", phone, "--role", role, "--password-stdin")
        assert users(*words, stdin=PASSWORD)[0] == 0
    return users


@pytest.fixture
def sql(settings):
    """Run a statement as the platform; return its rows."""

    async def run(statement):
        database = Database(settings.engine_url, pool_size=1)
        async with database.platform_scope(reason="test") as session:
            rows = [tuple(row) for row in await session.execute(text(statement))]
        await database.dispose()
        return rows

    return lambda statement: asyncio.run(run(statement))


def phones(users, *words):
    code, output = users("list", *words, "--json")
    assert code == 0, output
    return [user["phone"] for user in json.loads(output)]


def test_people_are_listed_by_phone_and_searched(users):
    assert phones(users) == [MASTER, PERSON]
    assert phones(users, "--search", "8 (999) 000-00-02") == [PERSON]
    assert phones(users, "--search", "00 02") == [PERSON]
    assert phones(users, "--inactive") == []
    code, output = users("list")
    assert code == 0
    header, first, second = (line.split() for line in output.splitlines())
    assert header == ["PHONE", "ROLE", "STATE", "CREATED", "ID"]
    assert first[:3] == [MASTER, "platform_master", "active"]
    assert second[:3] == [PERSON, "user", "active"]
    assert users("list", "--search", "77") == (0, "Nobody is found.")


def test_a_search_that_is_no_text_is_one_line(users):
    assert users("list", "--search", "\udcff") == (1, "Error: An argument is not UTF-8.")


def test_all_are_listed_however_many(users, monkeypatch):
    monkeypatch.setattr("tochka_core.cli.users.listing._AT_ONCE", 1)
    assert phones(users) == [MASTER, PERSON]


def test_a_person_is_deactivated_and_activated(users, sql):
    assert users("deactivate", "8 999 000 00 02") == (0, f"Deactivated {PERSON}.")
    assert phones(users, "--inactive") == [PERSON]
    assert users("deactivate", PERSON) == (0, f"{PERSON} is deactivated already.")
    code, output = users("activate", PERSON, "--json")
    assert (code, json.loads(output)["is_active"]) == (0, True)
    assert users("activate", PERSON) == (0, f"{PERSON} is active already.")
    assert sql("SELECT action, actor, address, request_id FROM tochka.audit_log ORDER BY id") == [
        *[("user.created", None, None, None)] * 2,
        ("user.deactivated", None, None, None),
        ("user.activated", None, None, None),
    ]


@pytest.mark.parametrize("words", [("deactivate", MASTER), ("set-role", MASTER, "user")])
def test_the_last_master_stays(users, words):
    code, output = users(*words)
    assert code == 1
    assert output == "Error: The last active platform_master stays; make another one first."


def test_a_person_becomes_a_master_and_a_user_again(users, sql):
    promoted = f"{PERSON} is a platform_master now."
    assert users("set-role", "8 999 000 00 02", "platform_master") == (0, promoted)
    assert users("set-role", PERSON, "platform_master") == (0, promoted.replace("now", "already"))
    code, output = users("set-role", MASTER, "user", "--json")
    assert (code, json.loads(output)["role"]) == (0, "user")
    audited = "SELECT detail - 'user', detail ? 'user', actor FROM tochka.audit_log"
    assert sql(f"{audited} WHERE action = 'user.role_changed' ORDER BY id") == [
        ({"before": "user", "role": "platform_master"}, True, None),
        ({"before": "platform_master", "role": "user"}, True, None),
    ]


def test_who_is_made_is_shown_as_who_is_listed(users):
    words = ("create", "--phone", "+79990000003", "--password-stdin", "--json")
    made = json.loads(users(*words, stdin=f"{PASSWORD}\nanother line\n")[1])
    assert made in json.loads(users("list", "--json")[1])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "--phone", PERSON), "A user with this phone exists already."),
        (("reset-password", "+79990000003"), "Nobody has registered with this phone."),
    ],
)
def test_no_password_is_asked_for_in_vain(users, monkeypatch, words, told):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)
    assert users(*words, stdin="") == (1, f"Error: {told}")


def test_a_second_factor_is_removed(users, sql):
    code, output = users("remove-second-factor", PERSON)
    assert (code, output) == (1, "Error: This user has no second factor.")
    sql(
        "INSERT INTO tochka.second_factors (user_id, secret, confirmed_at)"
        " SELECT id, 'x', now() FROM tochka.users RETURNING 1"
    )
    assert users("remove-second-factor", "8 999 000 00 02") == (
        0,
        f"Removed the second factor of {PERSON}.",
    )
    assert sql("SELECT phone FROM tochka.second_factors JOIN tochka.users ON id = user_id") == [
        (MASTER,)
    ]
    assert sql("SELECT action, actor FROM tochka.audit_log ORDER BY id DESC LIMIT 1") == [
        ("second_factor.removed", None)
    ]


@pytest.mark.parametrize(
    "command", ["deactivate", "activate", "remove-second-factor", "reset-password", "set-role"]
)
def test_who_is_not_there_is_told_in_one_line(users, command):
    more = {"reset-password": ["--password-stdin"], "set-role": ["user"]}
    words = more.get(command, [])
    code, output = users(command, "+79990000003", *words, stdin=OTHER)
    assert (code, output) == (1, "Error: Nobody has registered with this phone.")
    code, output = users(command, "12", *words, stdin=OTHER)
    assert (code, output) == (1, "Error: This is not a valid phone number.")


def test_a_password_is_set(users, sql):
    code, output = users("reset-password", PERSON, "--password-stdin", stdin=f"{OTHER}\n")
    assert (code, output) == (0, f"Set another password for {PERSON}.")
    (stored,) = sql(f"SELECT password_hash FROM tochka.users WHERE phone = '{PERSON}'")[0]  # noqa: S608 - a constant
    hasher = PasswordHasher(cost=4, pepper="")
    assert asyncio.run(hasher.verify(OTHER, stored, costliest=4))
    assert sql("SELECT detail ? 'user', actor FROM tochka.audit_log ORDER BY id DESC LIMIT 1") == [
        (True, None)
    ]


@pytest.mark.parametrize(
    ("password", "told"),
    [
        (b"nul\0nul\0nul", "The password contains U+0000, which nobody can sign in with."),
        ("пароль пароль".encode("cp1251"), "The password is not UTF-8."),
        (b"short", "A password has at least 8 characters."),
    ],
)
def test_a_password_that_cannot_be_one_is_one_line(users, password, told):
    for words in (("create", "--phone", "+79990000003"), ("reset-password", PERSON)):
        assert users(*words, "--password-stdin", stdin=password) == (1, f"Error: {told}")
    assert phones(users) == [MASTER, PERSON]


def test_a_password_is_never_an_argument(users):
    assert users("reset-password", PERSON, OTHER)[0] == 2
    assert users("create", "--phone", "+79990000003", "--password", OTHER)[0] == 2

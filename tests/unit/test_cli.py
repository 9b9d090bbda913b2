"""`tochka` at the command line, as far as it needs no database."""

import errno
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import click
import jwt
import pytest
import structlog
from click.testing import CliRunner
from tochka_core import __version__
from tochka_core.auth.keys import read_signing_keys
from tochka_core.auth.tokens import AUDIENCE, AccessTokens
from tochka_core.cli.group import TochkaGroup, tochka
from tochka_core.cli.output import print_table
from tochka_core.cli.users.passwords import read_password
from tochka_core.encryption.keys import read_encryption_keys
from tochka_core.errors import OperatorError
from tochka_core.settings import VARIABLES


def commands(group=tochka, *path):
    """Yield the words of every command, with the command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


COMMANDS = {" ".join(words): command for words, command in commands()}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run `tochka` in an empty folder, with the given settings only."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOCHKA_DATA_DIR", str(tmp_path / "data"))

    def invoke(*words, stdin=None, **environ):
        return CliRunner().invoke(tochka, words, input=stdin, env=environ)

    yield invoke
    structlog.reset_defaults()
    assert not (tmp_path / "data").exists(), "the command has started a database"


def refusal(result):
    """Return the one line with which a command has refused."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def test_a_new_key_that_encrypts_can_be_set(run):
    first, second = (run("keys", "new", "--algorithm", "AES-256") for _ in range(2))
    written = f"{first.stdout.strip()},{second.stdout.strip()}"
    keys = read_encryption_keys(written, variable="KEYS")
    assert [key.written for key in keys] == [*written.split(",")]
    assert first.stderr == f"The name of this key is {keys[0].name}.\n"
    told = json.loads(run("keys", "new", "--algorithm", "AES-256", "--json").stdout)
    assert told["name"] == read_encryption_keys(told["key"], variable="KEYS")[0].name


def test_the_public_half_of_a_key_checks_its_tokens(run):
    key = run("keys", "new", "--algorithm", "EdDSA").stdout.strip()
    printed = run("keys", "public", "--json", TOCHKA_JWT_KEYS=f"JWT_SECRET,{key}")
    (jwk,) = jwt.PyJWKSet.from_json(printed.stdout).keys
    assert jwk.key_id == key.partition(":")[0]
    tokens = AccessTokens(
        read_signing_keys(key, jwt_secret=None, variable="KEYS"), lifetime_seconds=60
    )
    until = datetime.now(UTC) + timedelta(hours=1)
    token = tokens.issue(UUID(int=1), UUID(int=2), until=until).text
    assert jwt.decode(token, jwk, algorithms=["EdDSA"], audience=AUDIENCE)["sid"] == str(
        UUID(int=2)
    )
    assert key.rpartition(":")[2] not in printed.stdout
    assert run("keys", "public").stdout == "None of the keys is of EdDSA.\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command(run, option):
    result = run(option)
    assert result.exit_code == 0
    for name in ("doctor", "modules", "serve", "tenants", "upgrade", "users"):
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run, name):
    result = run(*name.split(), "--help")
    assert result.exit_code == 0
    summary = COMMANDS[name].help.partition("\n")[0]
    assert " ".join(summary.split()[:4]) in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    "name", [name for name, command in COMMANDS.items() if not isinstance(command, click.Group)]
)
def test_every_command_that_reports_prints_json_too(name):
    options = {option for item in COMMANDS[name].params for option in item.opts}
    assert ("--json" in options) == (name != "serve")


def test_the_version_is_told(run):
    assert run("--version").stdout == f"tochka, version {__version__}\n"


def test_an_unknown_command_is_a_mistake_in_usage(run):
    assert run("gone").exit_code == 2


def test_an_invalid_phone_is_told_in_one_line(run):
    result = run("users", "create", "--phone", "123", "--password-stdin", stdin="correct horse\n")
    assert refusal(result) == "This is not a valid phone number."


def test_a_short_password_is_told_in_one_line(run):
    result = run("users", "create", "--phone", "+79123456789", "--password-stdin", stdin="short\n")
    assert refusal(result) == "A password has at least 8 characters."


def test_a_password_in_another_encoding_is_told_in_one_line(run):
    words = ("users", "create", "--phone", "+79123456789", "--password-stdin")
    assert refusal(run(*words, stdin="пароль пароль\n".encode("cp1251"))) == (
        "The password is not UTF-8."
    )


@pytest.mark.parametrize("from_stdin", [True, False])
def test_a_closed_input_is_told_in_one_line(monkeypatch, from_stdin):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(OperatorError, match="There is no standard input"):
        read_password(phone="+79123456789", from_stdin=from_stdin, before_asking=lambda: None)


def test_without_a_terminal_a_password_is_not_asked_for(run):
    result = run("users", "create", "--phone", "+79123456789", stdin="correct horse\n" * 2)
    assert "--password-stdin" in refusal(result)


@click.group(cls=TochkaGroup)
def asking():
    """Ask for things."""


@asking.command()
def password():
    """Ask for a password."""
    read_password(phone="+79123456789", from_stdin=False, before_asking=lambda: None)


@asking.command()
def consent():
    """Ask a question."""
    click.confirm("Really?", abort=True)


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True)


@pytest.mark.usefixtures("terminal")
def test_a_password_that_is_typed_twice_differently_is_asked_for_again():
    result = CliRunner().invoke(asking, ["password"], input="one\ntwo\nshort\nshort\n")
    assert result.exit_code == 1
    assert "Error: A password has at least 8 characters." in result.stderr
    assert "short" not in result.output


class CtrlC(io.RawIOBase):
    """A terminal at which nothing but Ctrl-C is pressed."""

    def readable(self):
        return True

    def readinto(self, buffer):
        if buffer:
            raise KeyboardInterrupt
        return 0


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("command", ["password", "consent"])
def test_ctrl_c_at_a_prompt_ends_as_everywhere(command):
    result = CliRunner().invoke(asking, [command], input=CtrlC())
    assert (result.exit_code, "Aborted" in result.output) == (130, False)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("command", "typed"), [("password", ""), ("consent", "n\n")])
def test_a_no_and_the_end_of_the_input_are_a_failure(command, typed):
    assert CliRunner().invoke(asking, [command], input=typed).exit_code == 1


def test_an_unknown_role_is_a_mistake_in_usage(run):
    result = run("users", "create", "--phone", "+79123456789", "--role", "king")
    assert result.exit_code == 2
    assert "platform_master" in result.stderr


@pytest.mark.parametrize("name", ["doctor", "modules list", "serve", "upgrade", "tenants create x"])
def test_a_malformed_setting_is_told_in_one_line(run, name):
    assert refusal(run(*name.split(), PORT="http")).startswith("PORT: ")


def test_a_port_below_1024_is_told_with_what_to_do(run, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)
    assert "set PORT to 1024 or more" in refusal(run("serve", PORT="80"))


def test_the_doctor_makes_no_database(run, tmp_path):
    told = refusal(run("doctor", TOCHKA_DATA_DIR=str(tmp_path / "mistyped")))
    assert "TOCHKA_DATA_DIR" in told
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.parametrize("level", ["loud", "0"])
def test_an_unknown_log_level_is_told_in_one_line(run, level):
    result = run("users", "create", "--phone", "123", TOCHKA_LOG_LEVEL=level)
    assert "TOCHKA_LOG_LEVEL" in refusal(result)


def test_a_server_with_a_database_of_its_own_needs_a_secret(run):
    told = refusal(run("serve", DATABASE_URL="postgresql://anna:s3cret@host/name"))
    assert told.startswith("JWT_SECRET is not set")


def test_a_setting_that_nothing_reads_is_warned_of(run):
    result = run("users", "create", "--phone", "123", TOCHKA_WORKER="2")
    assert "Warning: TOCHKA_WORKER is set" in result.stderr


def test_a_table_has_columns(capsys):
    print_table(("NAME", "STATE"), [("contacts", "ready"), ("x", "")])
    assert capsys.readouterr().out == "NAME      STATE\ncontacts  ready\nx\n"


@pytest.mark.parametrize(("title", "said"), [("", "title"), ("\udcff", "not UTF-8")])
def test_a_tenant_is_held_to_the_rules_of_a_request(run, title, said):
    assert said in refusal(run("tenants", "create", "acme", "--title", title))


@pytest.mark.parametrize("command", ["install", "upgrade", "check-before"])
def test_an_empty_requirement_is_refused(run, command):
    result = run("modules", command, "contacts", " ")
    assert result.exit_code == 2
    assert "one of them is empty" in result.stderr

"""Settings from the environment and from `.env`."""

import ast
import inspect
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core import settings as settings_source
from tochka_core.database_url import engine_url
from tochka_core.errors import ConfigurationError
from tochka_core.settings import (
    SECRETS,
    VARIABLES,
    Settings,
    load_settings,
    unknown_settings,
    variable_of,
)

SECRET = "0123456789abcdef" * 2
URL = "postgresql+asyncpg://anna:s3cret@db.example:5433/tochka"


@pytest.fixture
def env_file(tmp_path):
    """Write a `.env` file."""

    def write(content):
        path = tmp_path / ".env"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_nothing_needs_to_be_set():
    assert load_settings({}) == Settings()


def test_every_value_is_read_and_typed():
    environ = {
        "DATABASE_URL": URL,
        "JWT_SECRET": SECRET,
        "HOST": "0.0.0.0",  # noqa: S104 - never bound
        "PORT": "9000",
        "TOCHKA_DATA_DIR": "/srv/tochka",
        "TOCHKA_WORKERS": "4",
        "TOCHKA_DEFAULT_REGION": "DE",
        "TOCHKA_LOG_LEVEL": "warning",
        "UNRELATED": "ignored",
    }
    assert load_settings(environ) == Settings(
        database_url=URL,
        jwt_secret=SECRET,
        host="0.0.0.0",  # noqa: S104 - never bound
        port=9000,
        data_dir=Path("/srv/tochka"),
        workers=4,
        default_region="DE",
        log_level="warning",
    )


def test_the_variables_of_the_template_have_no_prefix():
    assert [variable_of(name) for name in ("database_url", "jwt_secret", "host", "port")] == [
        "DATABASE_URL",
        "JWT_SECRET",
        "HOST",
        "PORT",
    ]
    assert variable_of("data_dir") == "TOCHKA_DATA_DIR"
    assert set(VARIABLES.values()) == set(Settings.__struct_fields__)


def test_a_file_gives_what_the_environment_leaves_out(env_file):
    path = env_file("# settings\nPORT=9000\nexport HOST='::1'\n")
    loaded = load_settings({"PORT": "9001"}, env_file=path)
    assert (loaded.port, loaded.host) == (9001, "::1")


def test_a_missing_file_is_no_error(tmp_path):
    assert load_settings({}, env_file=tmp_path / ".env") == Settings()


def test_an_empty_value_is_unset(env_file):
    assert load_settings({"PORT": "", "DATABASE_URL": ""}) == Settings()
    assert load_settings({}, env_file=env_file("PORT=\n")) == Settings()


def test_an_empty_value_in_the_environment_leaves_the_files(env_file):
    assert load_settings({"PORT": ""}, env_file=env_file("PORT=9000")).port == 9000


def test_a_value_in_the_file_does_not_reach_for_the_environment(env_file, monkeypatch):
    monkeypatch.setenv("WORD", "from the process")
    path = env_file("TOCHKA_PASSWORD_PEPPER=a${WORD}b\n")
    assert "from the process" not in load_settings({}, env_file=path).password_pepper


def test_a_file_in_another_encoding_is_told(env_file):
    with pytest.raises(ConfigurationError, match=r"\.env"):
        load_settings({}, env_file=env_file("# Порт\nPORT=9000".encode("cp1251")))


@pytest.mark.parametrize(
    "line", ["PORT 9000", "JWT_SECRET='s3cret", "=s3cret", "s3cret", "export HOST"]
)
def test_a_malformed_line_of_the_file_is_told_by_its_number(env_file, line):
    path = env_file(f"# settings\nHOST=::1\n\n{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_settings({}, env_file=path)
    assert str(caught.value).startswith(f"{path}:4 ")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("TOCHKA_WORKERS", "many"),
        ("TOCHKA_WORKERS", "0"),
        ("TOCHKA_DB_POOL_SIZE", "-1"),
        ("TOCHKA_DEFAULT_REGION", "ru"),
        ("TOCHKA_DEFAULT_REGION", "RUS"),
        ("TOCHKA_DEFAULT_REGION", "RU\n"),
        ("TOCHKA_METRICS_TOKEN", " "),
        ("TOCHKA_ENCRYPTION_KEYS", " "),
        ("TOCHKA_ENCRYPTION_KEYS", ","),
        ("TOCHKA_JWT_KEYS", ", ,"),
        ("TOCHKA_TRUSTED_PROXIES", ","),
        ("TOCHKA_DNS_SERVERS", ","),
        ("TOCHKA_BCRYPT_COST", "3"),
        ("TOCHKA_BCRYPT_COST", "17"),
        ("TOCHKA_ACCESS_TOKEN_SECONDS", "59"),
        ("TOCHKA_MAX_BODY_BYTES", "1023"),
        ("TOCHKA_LOG_LEVEL", "loud"),
        ("JWT_SECRET", "x" * 31),
        ("JWT_SECRET", "\udcff" * 32),
        ("TOCHKA_PASSWORD_PEPPER", "\udcff"),
        ("DATABASE_URL", "localhost"),
        ("DATABASE_URL", "postgresql://host:port/name"),
        ("DATABASE_URL", "postgresql://[::1"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgresql+psycopg://host/name"),
    ],
    ids=lambda text: ascii(text)[1:-1][:40],
)
def test_a_malformed_value_is_told_by_its_variable(variable, value):
    with pytest.raises(ConfigurationError, match=variable) as caught:
        load_settings({variable: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("TOCHKA_LOG_LEVEL", "INFO", "one of: debug, error, info, warning"),
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("TOCHKA_MAX_BODY_BYTES", "1", "a whole number of 1024 or more"),
        ("TOCHKA_IMPORT_SECONDS", "0", "a number above 0, 600 at most"),
        ("TOCHKA_CONFIRM_PHONES", "yes", "true or false"),
        ("TOCHKA_LOG_MESSAGES", "maybe", "true or false"),
        (
            "TOCHKA_DEFAULT_REGION",
            "XX",
            "a country (ISO 3166-1) in two capital letters, such as RU",
        ),
        ("TOCHKA_DATA_DIR", "~nobody-here/x", "a path that can be understood"),
        ("HOST", "256.1.1.1", "an IP address or the name of a host"),
        ("HOST", "http://app", "an IP address or the name of a host"),
        ("HOST", "app\n", "an IP address or the name of a host"),
        ("TOCHKA_TRUSTED_PROXIES", "10.0.0.1/8", "a network: it begins at 10.0.0.0/8"),
        (
            *("TOCHKA_TRUSTED_PROXIES", "proxy"),
            "an address or a network, such as 127.0.0.1 or 10.0.0.0/8",
        ),
        ("TOCHKA_DNS_SERVERS", "dns", "the address of a name server, such as 9.9.9.9:53"),
    ],
    ids=lambda text: ascii(text)[1:-1][:20],
)
def test_what_a_value_has_to_be_is_told(variable, value, expected):
    with pytest.raises(ConfigurationError) as caught:
        load_settings({variable: value})
    assert str(caught.value) == f"{variable}: {value!r} is not {expected}."


@pytest.mark.parametrize("host", ["app", "app_1.local", "127.0.0.1", "::1", "fe80::1%eth0", "1a"])
def test_a_host_is_an_address_or_a_name(host):
    assert load_settings({"HOST": host}).host == host


@given(st.sampled_from(sorted(SECRETS)), st.text("0123456789:abcdef", min_size=12))
def test_a_secret_that_is_wrong_is_not_shown(field, secret):
    told = ""
    try:
        load_settings({variable_of(field): secret})
    except ConfigurationError as error:
        told = str(error)
    assert secret not in told


def test_a_malformed_address_does_not_show_its_password():
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"DATABASE_URL": "postgresql://anna:s3cret@host:port/name"})
    assert "s3cret" not in str(caught.value)


def test_a_secret_is_measured_in_bytes():
    assert load_settings({"JWT_SECRET": "й" * 16}).jwt_secret == "й" * 16


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_name_of_postgresql_means_the_one_driver(scheme):
    url = engine_url(f"{scheme}://anna:s3cret@db.example:5433/tochka")
    assert url.render_as_string(hide_password=False) == URL


def test_sslmode_is_understood():
    url = engine_url("postgres://db.example/tochka?sslmode=require&target_session_attrs=primary")
    assert dict(url.query) == {"ssl": "require", "target_session_attrs": "primary"}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://db.example/tochka?application_name=x", "not understood: application_name"),
        ("postgresql://db.example/tochka?b=1&a=2", "not understood: a, b;"),
        ("postgresql://db.example:70000/tochka", "a port is at most 65535"),
        ("postgresql://db.example/tochka?port=70000", "a port is at most 65535"),
        ("postgresql:///tochka?host=a:1&host=b:70000", "a port is at most 65535"),
        ("postgresql://db.example/tochka?port=x", "is malformed"),
        ("postgresql:///tochka?host=a&host=b:1", "is malformed"),
    ],
)
def test_what_the_driver_would_raise_on_is_told_before(address, told):
    with pytest.raises(ConfigurationError, match=told):
        engine_url(address)


def test_several_hosts_of_one_database_are_understood():
    url = engine_url("postgresql:///tochka?host=a:5432&host=b:5433")
    assert url.query["host"] == ("a:5432", "b:5433")


def test_the_folder_of_a_socket_is_kept():
    url = engine_url("postgresql://anna@/tochka?host=/run/postgresql")
    assert url.query["host"] == "/run/postgresql"


def test_without_an_address_there_is_no_engine():
    with pytest.raises(ConfigurationError, match="DATABASE_URL is not set"):
        _ = Settings().engine_url


def test_unknown_settings_are_reported_with_the_likely_name(env_file):
    environ = {"TOCHKA_WORKER": "2", "TOCHKA_WORKERS": "2", "TOCHKA_GONE": "", "OTHER": "1"}
    assert unknown_settings(environ, env_file=env_file("TOCHKA_JWT_SECRET=x")) == [
        "TOCHKA_JWT_SECRET is set, but there is no such setting; did you mean JWT_SECRET?",
        "TOCHKA_WORKER is set, but there is no such setting; did you mean TOCHKA_WORKERS?",
    ]


def test_an_unknown_setting_like_no_other_is_reported_alone():
    assert unknown_settings({"TOCHKA_QQQQQQQQQQQQQQQQQQQQ": "1"}) == [
        "TOCHKA_QQQQQQQQQQQQQQQQQQQQ is set, but there is no such setting."
    ]


@given(st.text("0123456789abcdef", min_size=12))
def test_secrets_are_never_shown(secret):
    shown = repr(
        Settings(
            database_url=f"postgresql://anna:{secret}@host/name",
            pooler_url=f"postgresql://anna:{secret}@pooler/name",
            jwt_secret=secret,
            password_pepper=secret,
            metrics_token=secret,
            encryption_keys=secret,
            jwt_keys=secret,
        )
    )
    assert secret not in shown
    assert shown.count("'***'") == len(SECRETS)


def test_unset_secrets_are_shown_as_such():
    assert "jwt_secret=None" in repr(Settings())


def test_every_setting_says_beneath_it_what_it_does():
    tree = ast.parse(inspect.getsource(settings_source))
    (body,) = [
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    ]
    documented = {
        field.target.id
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and str(text.value.value).strip()
    }
    assert documented == set(Settings.__struct_fields__)


def test_a_pooler_stands_before_a_server_that_is_named_too():
    pooler = {"TOCHKA_POOLER_URL": "postgresql://user@pooler:6432/db"}
    with pytest.raises(ConfigurationError, match="needs DATABASE_URL"):
        load_settings(pooler)
    settings = load_settings({"DATABASE_URL": "postgresql://user@server/db", **pooler})
    assert (settings.engine_url.host, settings.request_url.host) == ("server", "pooler")
    with pytest.raises(ConfigurationError, match="TOCHKA_POOLER_URL names 'mysql'"):
        load_settings(
            {"DATABASE_URL": "postgresql://user@server/db", "TOCHKA_POOLER_URL": "mysql://a"}
        )


def test_name_servers_are_written_with_or_without_a_port():
    text = "9.9.9.9, 10.0.0.2:5353,2620:fe::fe,[2620:fe::9]:53,"
    settings = load_settings({"TOCHKA_DNS_SERVERS": text})
    assert settings.name_servers == [
        ("9.9.9.9", 53),
        ("10.0.0.2", 5353),
        ("2620:fe::fe", 53),
        ("2620:fe::9", 53),
    ]
    assert Settings().name_servers == []


@pytest.mark.parametrize(
    "text", ["dns.example", "9.9.9", "9.9.9.9:dns", "9.9.9.9:0", "[::1", "[::1]:70000", "a@::1"]
)
def test_a_name_server_that_is_no_address_is_refused(text):
    with pytest.raises(ConfigurationError, match="TOCHKA_DNS_SERVERS") as caught:
        load_settings({"TOCHKA_DNS_SERVERS": text})
    assert repr(text) in str(caught.value)

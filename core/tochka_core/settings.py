"""What the operator may set, read once from the environment and a `.env` file."""

import difflib
from collections.abc import Collection, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from dotenv.parser import Original, parse_stream
from msgspec import Meta
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tochka_core.auth.keys import SigningKey, read_signing_keys
from tochka_core.encryption.keys import EncryptionKey, read_encryption_keys
from tochka_core.errors import ConfigurationError
from tochka_core.name_servers import read_name_servers

UNPREFIXED: Final = frozenset({"database_url", "jwt_secret", "host", "port"})
SECRETS: Final = frozenset(
    {
        *("database_url", "pooler_url", "jwt_secret", "metrics_token", "password_pepper"),
        *("encryption_keys", "jwt_keys"),
    }
)
MIN_SECRET_BYTES: Final = 32
MAX_PORT: Final = 65535
PREFIX: Final = "TOCHKA_"

_URL_PARAMETERS: Final = frozenset(
    {
        *("database", "host", "passfile", "password", "port", "prepared_statement_cache_size"),
        *("ssl", "sslmode", "target_session_attrs", "user"),
    }
)
"""What may follow the `?` of a database's address; the driver raises on others."""

Language = Literal["ru", "en"]
TenantCreation = Literal["platform", "anyone"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one process; `load_settings` makes them."""

    database_url: str | None = None
    """The PostgreSQL to use, version 15 or newer; unset means a private one in `data_dir`."""

    pooler_url: str | None = None
    """A pooler in transaction mode before `database_url`, such as PgBouncer; requests go there."""

    jwt_secret: str | None = None
    """Signs access tokens, at least 32 bytes; unset is allowed with the private database only."""

    jwt_keys: str | None = None
    """Keys that sign access tokens in its place, by comma; what it has signed is still read."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: Annotated[int, Meta(ge=1, le=MAX_PORT)] = 8000
    """The port to listen on."""

    trusted_proxies: str = ""
    """Addresses and networks of proxies, by comma, whose forwarding headers are believed."""

    data_dir: Path | None = None
    """Where the private database lives; unset means the account's own data folder."""

    pg_bin: Path | None = None
    """A folder with the programs of PostgreSQL 15 or newer, instead of the installed wheel's."""

    pg_user: str | None = None
    """The account that runs the private database when `tochka` is started by root."""

    workers: Annotated[int, Meta(ge=1, le=256)] = 1
    """Processes that serve requests."""

    db_pool_size: Annotated[int, Meta(ge=1, le=1000)] = 20
    """Database connections that one worker keeps."""

    import_seconds: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """How long a module may take to be imported; as long again to be staged, started, stopped."""

    migration_seconds: Annotated[float, Meta(gt=0, le=604_800)] = 3600.0
    """How long the migration of one schema may take."""

    default_region: Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")] = "RU"
    """The country (ISO 3166-1 alpha-2) of phone numbers that are written without one."""

    message_language: Language = "ru"
    """The language of messages to phones."""

    log_messages: bool | None = None
    """Whether messages that no module delivers go to the log, with their codes, for development.

    Unset: with the private database only.
    """

    messages_per_phone: Annotated[int, Meta(ge=2, le=1000)] = 10
    """How many codes one phone may get in 24 hours, and as many notices."""

    messages_per_address: Annotated[int, Meta(ge=2, le=1_000_000)] = 200
    """How many messages one address may have sent in 24 hours."""

    confirm_phones: bool = False
    """Whether who registers has to prove by a code that the phone is theirs."""

    bcrypt_cost: Annotated[int, Meta(ge=4, le=16)] = 12
    """The logarithm of bcrypt's rounds; 12 takes about a fifth of a second."""

    password_pepper: str = ""
    """A secret mixed into every password hash; changing it makes those made with it invalid."""

    encryption_keys: str | None = None
    """Keys for secrets in the database, by comma; the first encrypts, all of them decrypt."""

    login_tries: Annotated[int, Meta(ge=1, le=1_000_000)] = 5
    """Wrong passwords for one phone, or from one known device, before the next has to wait."""

    login_wait_seconds: Annotated[int, Meta(ge=30, le=86400)] = 900
    """How long that wait grows at most."""

    login_tries_per_address: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    """Wrong passwords from one address before the next has to wait half a minute."""

    registrations_per_address: Annotated[int, Meta(ge=1, le=1_000_000)] = 30
    """Registrations from one address before the next has to wait two minutes."""

    tenant_creation: TenantCreation = "platform"
    """Who may create a tenant: a `platform_master` only, or anyone who is signed in."""

    invitation_days: Annotated[int, Meta(ge=1, le=365)] = 7
    """How long an invitation to a tenant is open."""

    tenant_grace_days: Annotated[int, Meta(ge=0, le=3650)] = 30
    """How long a deleted tenant can be restored before it is due to be purged."""

    grace_days: Annotated[int, Meta(ge=0, le=3650)] = 7
    """How long a subscription stays open when what was paid for is over, as of its sale."""

    dns_servers: str | None = None
    """Name servers that prove domains, by comma; unset means those of the machine."""

    access_token_seconds: Annotated[int, Meta(ge=60, le=86400)] = 900
    """How long an access token is valid."""

    session_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """How long a session lives at most; after that the person signs in again."""

    session_idle_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    """How long a session lives without its tokens being renewed."""

    max_body_bytes: Annotated[int, Meta(ge=1024)] = 1_048_576
    """The largest request body that is read."""

    metrics_token: str | None = None
    """What Prometheus sends to read `/metrics`; unset means that there is no such path."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least serious log line that is written."""

    def __repr__(self) -> str:
        """Show everything but the secrets."""
        shown = {
            name: "***" if name in SECRETS and getattr(self, name) else getattr(self, name)
            for name in self.__struct_fields__
        }
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @property
    def engine_url(self) -> URL:
        """The database's address for SQLAlchemy's asyncpg dialect.

        Raises:
            ConfigurationError: `DATABASE_URL` is unset, malformed or not PostgreSQL's.
        """
        if not self.database_url:
            raise ConfigurationError("DATABASE_URL is not set.")
        return engine_url(self.database_url)

    @property
    def request_url(self) -> URL:
        """The address at which requests reach the database: the pooler's where there is one."""
        if not self.pooler_url:
            return self.engine_url
        return engine_url(self.pooler_url, variable=variable_of("pooler_url"))

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where the proxies are that may tell whom a request comes from.

        Raises:
            ConfigurationError: one of them is neither an address nor a network.
        """
        try:
            return tuple(
                ip_network(network.strip())
                for network in self.trusted_proxies.split(",")
                if network.strip()
            )
        except ValueError as error:
            raise ConfigurationError(f"{variable_of('trusted_proxies')}: {error}.") from error

    @property
    def encryption_ring(self) -> tuple[EncryptionKey, ...]:
        """The keys of `encryption_keys`, the one that encrypts first; none where it is unset.

        Raises:
            ConfigurationError: one of them is no key, or stands there twice.
        """
        return read_encryption_keys(
            self.encryption_keys or "", variable=variable_of("encryption_keys")
        )

    @property
    def signing_keys(self) -> tuple[SigningKey, ...]:
        """The keys whose tokens are read, the one that signs first; `jwt_secret` is the last.

        Raises:
            ConfigurationError: one of `jwt_keys` is no key, or two have one name.
        """
        keys = read_signing_keys(self.jwt_keys or "", variable=variable_of("jwt_keys"))
        return (*keys, SigningKey.of_secret(self.jwt_secret)) if self.jwt_secret else keys

    @property
    def name_servers(self) -> list[tuple[str, int]]:
        """Address and port of each of `dns_servers`.

        Raises:
            ConfigurationError: one of them is no address.
        """
        return read_name_servers(self.dns_servers or "", variable=variable_of("dns_servers"))


def variable_of(field: str) -> str:
    """Return the name of the environment variable that sets *field*."""
    return field.upper() if field in UNPREFIXED else PREFIX + field.upper()


VARIABLES: Final = {variable_of(field): field for field in Settings.__struct_fields__}
"""Every variable that is read, and the field it sets."""


def load_settings(environ: Mapping[str, str], *, env_file: Path | None = None) -> Settings:
    """Return the settings from *environ*, then from *env_file* for what it leaves out.

    An empty value counts as unset.

    Raises:
        ConfigurationError: a value is malformed; the message names the variable, or the line of
            *env_file*.
    """
    given = _given(environ, env_file)
    values = {VARIABLES[name]: value for name, value in given.items() if name in VARIABLES}
    for field, value in values.items():
        if not _is_text(value):
            raise ConfigurationError(f"{variable_of(field)} is not UTF-8.")
    try:
        settings = msgspec.convert(
            values, Settings, strict=False, dec_hook=lambda _path, value: Path(value).expanduser()
        )
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error))) from error
    if settings.jwt_secret and len(settings.jwt_secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigurationError(
            f"JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes;"
            " make one with: openssl rand -hex 32"
        )
    _ = settings.signing_keys
    _ = settings.proxy_networks
    if settings.database_url:
        engine_url(settings.database_url)
    if settings.pooler_url:
        if not settings.database_url:
            raise ConfigurationError("TOCHKA_POOLER_URL needs DATABASE_URL, which migrations use.")
        engine_url(settings.pooler_url, variable=variable_of("pooler_url"))
    _ = settings.name_servers
    _ = settings.encryption_ring
    return settings


def unknown_settings(environ: Mapping[str, str], *, env_file: Path | None = None) -> list[str]:
    """Return a line for each `TOCHKA_` variable that nothing reads, with the likely name meant."""
    lines = []
    # Without what is common to nearly all, which would make them look alike.
    known = {name.removeprefix(PREFIX): name for name in VARIABLES}
    for name in sorted(_given(environ, env_file)):
        if name.startswith(PREFIX) and name not in VARIABLES:
            meant = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
            hint = f"; did you mean {known[meant[0]]}?" if meant else "."
            lines.append(f"{name} is set, but there is no such setting{hint}")
    return lines


def engine_url(database_url: str, *, variable: str = "DATABASE_URL") -> URL:
    """Return *database_url* for SQLAlchemy's asyncpg dialect, with libpq's `sslmode` understood.

    Raises:
        ConfigurationError: it is malformed or not PostgreSQL's; the message names *variable*.
    """
    try:
        url = make_url(database_url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            f"{variable} is malformed; it looks like "
            "postgresql+asyncpg://user:password@host:5432/database."
        ) from error
    if url.drivername not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ConfigurationError(
            f"{variable} names {url.drivername!r}; only postgresql+asyncpg is supported."
        )
    query = dict(url.query)
    _refuse_unknown(query, variable)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    url = url.set(drivername="postgresql+asyncpg", query=query)
    _refuse_bad_ports(url, variable)
    return url


def _refuse_unknown(query: Collection[str], variable: str) -> None:
    if unknown := sorted(set(query) - _URL_PARAMETERS):
        raise ConfigurationError(
            f"{variable} has parameters that are not understood: {', '.join(unknown)}; leave them"
            f" out. Understood are {', '.join(sorted(_URL_PARAMETERS))}."
        )


def _refuse_bad_ports(url: URL, variable: str) -> None:
    try:
        _, options = url.get_dialect()().create_connect_args(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(f"{variable} is malformed: {error}.") from error
    port = options.get("port") or MAX_PORT
    if max(port if isinstance(port, list) else [port]) > MAX_PORT:
        raise ConfigurationError(f"{variable}: a port is at most {MAX_PORT}.")


def _given(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    given = {name: value for name, value in environ.items() if value}
    if env_file is not None and env_file.is_file():
        given = {**_read(env_file), **given}
    return given


def _read(env_file: Path) -> dict[str, str]:
    values = {}
    try:
        with env_file.open(encoding="utf-8") as lines:
            for binding in parse_stream(lines):
                if binding.error:
                    raise ConfigurationError(
                        f"{env_file}:{_line_of(binding.original)} cannot be understood;"
                        " write NAME=value."
                    )
                if binding.key:
                    values[binding.key] = binding.value
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{env_file} is not UTF-8: {error.reason}.") from error
    except OSError as error:
        raise ConfigurationError(f"{env_file} cannot be read: {error.strerror}.") from error
    return {name: value for name, value in values.items() if value}


def _line_of(statement: Original) -> int:
    """Return where *statement* begins to say something: it includes the empty lines before it."""
    text = statement.string
    return statement.line + text[: len(text) - len(text.lstrip())].count("\n")


def _explain(message: str) -> str:
    """Turn msgspec's `… - at `$.port`` into a line that names the variable."""
    problem, _, path = message.partition(" - at `$.")
    return f"{variable_of(path.rstrip('`'))}: {problem}"


def _is_text(value: str) -> bool:
    """Tell whether *value* can be encoded; bytes of another encoding come as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)

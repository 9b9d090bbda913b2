"""What the operator may set, read once from the environment and a `.env` file."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec
from msgspec import Meta, inspect, structs
from phonenumbers import SUPPORTED_REGIONS

from tochka_core.auth.keys import SigningKey, read_signing_keys
from tochka_core.data_dir import default_data_dir
from tochka_core.encryption.keys import EncryptionKey, read_encryption_keys
from tochka_core.env_file import read_env_file
from tochka_core.errors import ConfigurationError
from tochka_core.name_servers import read_name_servers
from tochka_core.networks import MAX_PORT, Network, is_host, read_networks
from tochka_core.setting_refusals import expected_by, refusal

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

UNPREFIXED: Final = frozenset({"database_url", "jwt_secret", "host", "port"})
SECRETS: Final = frozenset(
    {
        *("database_url", "pooler_url", "jwt_secret", "metrics_token", "password_pepper"),
        *("encryption_keys", "jwt_keys"),
    }
)
MIN_SECRET_BYTES: Final = 32
PREFIX: Final = "TOCHKA_"

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
    """Keys that sign access tokens, by comma, the first of them; what the others have signed is
    read. `JWT_SECRET` is the last, or stands among them by its name.
    """

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

    default_region: str = "RU"
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
    def data_folder(self) -> Path:
        """Where the data go: to `data_dir`, or where they go when it is unset."""
        return self.data_dir or default_data_dir()

    @property
    def engine_url(self) -> "URL":
        """The database's address for SQLAlchemy's asyncpg dialect.

        Raises:
            ConfigurationError: `DATABASE_URL` is unset, malformed or not PostgreSQL's.
        """
        return self._read_url("database_url")

    @property
    def request_url(self) -> "URL":
        """The address at which requests reach the database: the pooler's where there is one."""
        return self._read_url("pooler_url" if self.pooler_url else "database_url")

    def check_addresses(self) -> None:
        """Read the addresses of databases that are set.

        Raises:
            ConfigurationError: one of them is malformed or not PostgreSQL's.
        """
        if self.database_url:
            _ = self.engine_url, self.request_url

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """Where the proxies are that may tell whom a request comes from.

        Raises:
            ConfigurationError: one of them is neither an address nor a network.
        """
        return read_networks(self.trusted_proxies, variable=variable_of("trusted_proxies"))

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
        """The keys whose tokens are read, the one that signs first; `jwt_secret` is among them.

        Raises:
            ConfigurationError: one of `jwt_keys` is no key, or two have one name.
        """
        return read_signing_keys(
            self.jwt_keys or "", jwt_secret=self.jwt_secret, variable=variable_of("jwt_keys")
        )

    @property
    def name_servers(self) -> list[tuple[str, int]]:
        """Address and port of each of `dns_servers`.

        Raises:
            ConfigurationError: one of them is no address.
        """
        return read_name_servers(self.dns_servers or "", variable=variable_of("dns_servers"))

    def _read_url(self, field: str) -> "URL":
        # Imported here: it takes SQLAlchemy, and as long as all else that is imported above.
        from tochka_core.database_url import engine_url  # noqa: PLC0415

        variable = variable_of(field)
        address = getattr(self, field)
        if not address:
            raise ConfigurationError(f"{variable} is not set.")
        return engine_url(address, variable=variable)


def variable_of(field: str) -> str:
    """Return the name of the environment variable that sets *field*."""
    return field.upper() if field in UNPREFIXED else PREFIX + field.upper()


VARIABLES: Final = {variable_of(field): field for field in Settings.__struct_fields__}
"""Every variable that is read, and the field it sets."""


_RULES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "host": (is_host, "an IP address or the name of a host"),
    "default_region": (
        SUPPORTED_REGIONS.__contains__,
        "a country (ISO 3166-1) in two capital letters, such as RU",
    ),
}
"""What the type of a field does not tell: whether a value is good, and what it has to be."""


def load_settings(
    environ: Mapping[str, str], *, env_file: Path | None = None, check_addresses: bool = True
) -> Settings:
    """Return the settings from *environ*, then from *env_file* for what it leaves out.

    An empty value counts as unset. Who says not to *check_addresses* of databases does so later.

    Raises:
        ConfigurationError: a value is malformed; the message names the variable, or the line of
            *env_file*.
    """
    given = _given(environ, env_file)
    values = {VARIABLES[name]: value for name, value in given.items() if name in VARIABLES}
    for field, value in values.items():
        if not _is_text(value):
            raise ConfigurationError(f"{variable_of(field)} is not UTF-8.")
        if not value.strip():
            raise ConfigurationError(f"{variable_of(field)} is blank; give it a value, or none.")
    settings = _convert(values)
    for field, (is_good, expected) in _RULES.items():
        if not is_good(getattr(settings, field)):
            raise refusal(variable_of(field), getattr(settings, field), expected)
    if settings.jwt_secret and len(settings.jwt_secret.encode()) < MIN_SECRET_BYTES:
        raise ConfigurationError(
            f"JWT_SECRET is shorter than {MIN_SECRET_BYTES} bytes;"
            " make one with: openssl rand -hex 32"
        )
    _ = settings.signing_keys
    _ = settings.proxy_networks
    if settings.pooler_url and not settings.database_url:
        raise ConfigurationError("TOCHKA_POOLER_URL needs DATABASE_URL, which migrations use.")
    if check_addresses:
        settings.check_addresses()
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


def _given(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    in_file = {} if env_file is None else read_env_file(env_file)
    # An empty value in the environment does not hide the file's.
    return {name: value for given in (in_file, environ) for name, value in given.items() if value}


def _convert(values: Mapping[str, str]) -> Settings:
    """Return *values*, which are of fields of the settings, each of its own type.

    Raises:
        ConfigurationError: one is not.
    """
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        # It ends with the place: … - at `$.port`
        field = str(error).rpartition("$.")[2].rstrip("`")
        kinds = {info.name: inspect.type_info(info.type) for info in structs.fields(Settings)}
        raise refusal(variable_of(field), values[field], expected_by(kinds[field])) from None


def _read_path(_kind: type, value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:  # there is no such account
        raise ValueError from error


def _is_text(value: str) -> bool:
    """Tell whether *value* can be encoded; bytes of another encoding come as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in value)

"""What `tochka doctor` looks at."""

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tochka_migrations import Target
from tochka_migrations.drift import find_drift
from tochka_migrations.revisions import head_of, revisions_of
from tochka_migrations.roles import (
    PLATFORM_ROLE,
    TENANT_ROLE,
    MissingRoles,
    ensure_roles,
    is_ready,
)
from tochka_migrations.survey import Standing, survey
from tochka_plugins.host import Assembly, Quarantined, discover, gate

from tochka_core import __version__
from tochka_core.db.maintenance import maintenance_engine
from tochka_core.db.preflight import check_server
from tochka_core.encryption.ring import EncryptionRing
from tochka_core.errors import OperatorError
from tochka_core.messages.standing import judge_delivery
from tochka_core.module_settings.catalog import SettingsCatalog
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.survey import survey_settings
from tochka_core.needed_secrets import judge_secrets
from tochka_core.registry.composition import compose
from tochka_core.registry.events import Assembled, Began, Event, Finding
from tochka_core.registry.targets import core_with_models, module_targets
from tochka_core.settings import Settings
from tochka_core.wording import counted

_SHOWN: Final = 10
"""How many tenants one line names."""


async def diagnose(
    settings: Settings,
    *,
    set_aside: Sequence[Quarantined] = (),
    tell: Callable[[Event], None] = lambda _event: None,
) -> Sequence[Finding]:
    """Return what was found, in the order in which it was looked at; nothing is changed.

    *set_aside* are left alone: they have done harm before. Modules run in this process;
    `diagnose_environment` keeps it apart. *tell* is told what goes on.
    """
    async with maintenance_engine(settings.engine_url) as engine:
        return [finding async for finding in _findings(settings, engine, set_aside, tell)]


async def _findings(
    settings: Settings,
    engine: AsyncEngine,
    set_aside: Sequence[Quarantined],
    tell: Callable[[Event], None],
) -> AsyncIterator[Finding]:
    yield Finding("core", is_ok=True, detail=f"version {__version__}")
    secret = "set" if settings.jwt_secret else "JWT_SECRET is not set; `tochka serve` needs it"
    yield Finding("settings", is_ok=bool(settings.jwt_secret), detail=secret)
    try:
        await check_server(engine)
    except OperatorError as error:
        yield Finding("database", is_ok=False, detail=str(error))
        return
    async with engine.connect() as connection:
        version = await connection.scalar(text("SHOW server_version"))
        yield Finding("database", is_ok=True, detail=f"PostgreSQL {version}")
        if lack := await connection.run_sync(_find_lack_of_roles):
            yield Finding("roles", is_ok=False, detail=lack)
            return
        yield Finding("roles", is_ok=True, detail=await connection.run_sync(_describe_roles))
        passed_over: list[Path] = []
        gated = gate(discover(pass_over=passed_over.append), core_version=__version__)
        for path in passed_over:
            yield Finding("metadata", is_ok=False, detail=f"{path} cannot be read")
        assembly = compose(
            gated,
            settings,
            set_aside=set_aside,
            begin=lambda name, phase: tell(Began(name, phase)),
            staged=lambda: tell(Assembled()),
        )
        targets = [core_with_models(), *module_targets(assembly)]
        standings = await connection.run_sync(survey, targets)
        ring = EncryptionRing(settings.encryption_ring)
        is_core_sound = False
        for target in targets:
            finding = _judge(target, standings[target.name])
            drift = await connection.run_sync(find_drift, target) if finding.is_ok else []
            yield _drifted(target, drift) if drift else finding
            if target.is_core and finding.is_ok:
                is_core_sound = True
                for kept in await connection.run_sync(judge_secrets, settings):
                    yield kept
        settings_ring = ring if is_core_sound else None
        yield judge_delivery(assembly.modules, settings)
        async for finding in _module_findings(connection, assembly, settings_ring):
            yield finding


async def _module_findings(
    connection: AsyncConnection, assembly: Assembly, ring: EncryptionRing | None
) -> AsyncIterator[Finding]:
    """Tell of each module what its tables do not; of settings where *ring* can read them."""
    for module in assembly.modules:
        if module.migrations is None:
            yield Finding(module.name, is_ok=True, detail="has no tables")
    if ring is not None:
        for kind in SettingsCatalog(assembly.modules):
            yield await connection.run_sync(_judge_settings, kind, ring)
    for item in assembly.quarantined:
        detail = f"quarantined in phase {item.phase}: {item.reason}"
        yield Finding(item.name, is_ok=False, detail=detail)


def _find_lack_of_roles(connection: Connection) -> str | None:
    """Return what has to be done before the platform's roles can be used, `None` if nothing."""
    if all(is_ready(connection, role) for role in (TENANT_ROLE, PLATFORM_ROLE)):
        return None
    with connection.begin_nested() as attempt:
        try:
            ensure_roles(connection)
        except MissingRoles as error:
            return str(error)
        finally:
            attempt.rollback()
    return f"{TENANT_ROLE} or {PLATFORM_ROLE} cannot be used; run: tochka upgrade"


def _describe_roles(connection: Connection) -> str:
    detail = f"{TENANT_ROLE}, {PLATFORM_ROLE}"
    if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = session_user")):
        detail += "; the login role is a superuser, whom no policy binds: use an ordinary one"
    return detail


def _judge(target: Target, standing: Standing) -> Finding:
    """Compare one schema with what its revisions and the rules of isolation say."""
    current, head = standing.revision, head_of(target)
    if current is not None and current not in revisions_of(target):
        detail = f"is at {current}, which is newer than the installed package; install a newer one"
    elif current != head:
        detail = f"is at {current or 'nothing'}, the newest revision is {head}; run: tochka upgrade"
    elif broken := "; ".join(standing.broken_rules):
        detail = f"lets tenants meet: {broken}"
    elif missing := "; ".join(standing.missing_protection):
        detail = f"lacks protection; run: tochka upgrade, or: {missing}"
    else:
        return Finding(target.name, is_ok=True, detail=f"at {current}, every table protected")
    return Finding(target.name, is_ok=False, detail=detail)


def _judge_settings(connection: Connection, kind: SettingsKind, ring: EncryptionRing) -> Finding:
    """Compare what tenants have set with what the installed version of a module accepts."""
    found = survey_settings(connection, kind, ring)
    subject = f"settings of {kind.module}"
    if not found.refused:
        detail = f"set by {counted(found.tenants, 'tenant')}, and accepted"
        return Finding(subject, is_ok=True, detail=detail)
    shown = [f"{name} ({', '.join(fields)})" for name, fields in found.refused.items()]
    more = "" if len(shown) <= _SHOWN else f" and {len(shown) - _SHOWN} more"
    detail = (
        f"what is set is not accepted: {', '.join(shown[:_SHOWN])}{more}; defaults are in force"
    )
    return Finding(subject, is_ok=False, detail=detail)


def _drifted(target: Target, drift: Sequence[str]) -> Finding:
    detail = f"its tables are not what its models declare: {'; '.join(drift)}"
    return Finding(target.name, is_ok=False, detail=detail)

"""Changing what a tenant has set: all that a request names, or nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET
from sqlalchemy import and_, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput

from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.errors import SettingsRefused, StaleVersion
from tochka_core.module_settings.history import Action, FieldChange
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import ModuleSecret, ModuleSettings, SettingsVersion
from tochka_core.module_settings.stored import Stored, place_of_secret, read_stored, weigh
from tochka_core.pointers import pointer_to
from tochka_core.tenants.standing import Standing

MAX_BYTES: Final = 2**16
"""How long all that a tenant sets for a module may be: every worker keeps it."""

MAX_DEPTH: Final = 100
"""How deep one value may be nested: what could just be read could not be written again."""


class Wanted(msgspec.Struct, frozen=True):
    """A change that is asked for."""

    values: Mapping[str, Any]
    reset: frozenset[str] = frozenset()
    """The fields that are to have their defaults again."""
    versions: frozenset[int] | None = None
    """Those that it was made for; `None` for any."""


class Change(msgspec.Struct, frozen=True):
    """What is stored after a change, and what it has changed."""

    stored: Stored
    fields: list[FieldChange]


class Rules(msgspec.Struct, frozen=True):
    """What a change of one tenant's settings for one module is held to."""

    kind: SettingsKind
    ring: EncryptionRing
    tenant_id: UUID

    def change(self, stored: Stored, wanted: Wanted) -> Change:
        """Return what becomes of *stored* by what is *wanted*; nothing is stored yet.

        What changes nothing makes no new version. A secret that is set again counts as a change:
        nobody shall find out by trying what it is.

        Raises:
            SettingsRefused: there is no such field, or the module does not take the values.
            StaleVersion: the change was made for another version than there is.
            NoEncryptionKeys: a secret is to be kept, and the operator has set no key.
            SecretUnreadable: another secret, with which the change would have to fit, is.
        """
        if wanted.versions is not None and stored.version not in wanted.versions:
            raise StaleVersion(stored.version)
        staying = stored.without(wanted.values.keys() | wanted.reset)
        self._check(wanted, stored, staying)
        plain = {f: value for f, value in wanted.values.items() if f not in self.kind.secrets}
        secrets = {
            field: self._encrypted(field, value)
            for field, value in wanted.values.items()
            if field in self.kind.secrets and not self.kind.is_default(field, value)
        }
        made = Stored(
            stored.version + 1, {**staying.values, **plain}, {**staying.secrets, **secrets}
        )
        changes = list(self._changes(stored, made))
        return Change(made if changes else stored, changes)

    def _check(self, wanted: Wanted, stored: Stored, staying: Stored) -> None:
        wrong = [
            (pointer_to([field]), "A field cannot be set and reset at once.")
            if field in wanted.values
            else ("/reset", f"There is nothing to reset in {field!r}.")
            for field in sorted(wanted.reset)
            if field in wanted.values or not (field in self.kind or field in stored.fields)
        ]
        wrong += [
            (pointer_to([field]), f"This is nested deeper than {MAX_DEPTH} levels.")
            for field, value in wanted.values.items()
            if _is_too_deep(value)
        ]
        if wrong:
            raise SettingsRefused(wrong)
        kept = weigh(self.kind, staying, self.ring, self.tenant_id)
        if kept.unreadable:
            raise SecretUnreadable
        self.kind.check(wanted.values, kept.readable)
        if len(msgspec.json.encode({**kept.readable, **wanted.values})) > MAX_BYTES:
            raise InvalidInput(f"All settings together are longer than {MAX_BYTES} bytes.")

    def _encrypted(self, field: str, secret: str) -> str:
        place = place_of_secret(self.tenant_id, self.kind.module, field)
        return self.ring.encrypt(secret.encode(), place=place)

    def _changes(self, before: Stored, after: Stored) -> Iterator[FieldChange]:
        """Yield what differs, by field, with values where none is or was a secret."""
        for field in sorted(before.fields | after.fields):
            action: Action = "set" if field in after.fields else "reset"
            is_secret = field in self.kind.secrets or field in before.secrets
            old, new = (stored.values.get(field, UNSET) for stored in (before, after))
            if is_secret and before.kept(field) != after.kept(field):
                yield FieldChange(field, action, secret=True)
            elif not is_secret and not _is_same(old, new):
                yield FieldChange(field, action, before=old, after=new)


async def change_settings(
    session: AsyncSession, standing: Standing, rules: Rules, wanted: Wanted
) -> Stored:
    """Set the fields that are named, and reset others; return what is stored then.

    The tenant is locked.

    Raises:
        TochkaError: the change breaks one of the *rules*.
    """
    module = rules.kind.module
    stored = await read_stored(session, rules.tenant_id, module)
    change = rules.change(stored, wanted)
    if not change.fields:
        return stored
    made = change.stored
    own = {"tenant_id": rules.tenant_id, "module": module}
    values = {"version": made.version, "values": made.values}
    upsert = insert(ModuleSettings).values(**own, **values)
    key = [ModuleSettings.tenant_id, ModuleSettings.module]
    await session.execute(upsert.on_conflict_do_update(index_elements=key, set_=values))
    await _store_secrets(session, own, stored.secrets, made.secrets)
    changes = msgspec.to_builtins(change.fields)
    by = standing.principal.user_id
    session.add(SettingsVersion(**own, version=made.version, made_by=by, changes=changes))
    fields = " ".join(field.field for field in change.fields)
    about = {"module": module, "version": made.version, "fields": fields}
    standing.record(session, "module.settings_changed", **about)
    await session.flush()
    return made


async def _store_secrets(
    session: AsyncSession,
    own: Mapping[str, Any],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    replaced = [field for field in before if before[field] != after.get(field)]
    if replaced:
        is_own = and_(*(getattr(ModuleSecret, name) == value for name, value in own.items()))
        await session.execute(delete(ModuleSecret).where(is_own, ModuleSecret.field.in_(replaced)))
    for field, secret in after.items():
        if before.get(field) != secret:
            session.add(ModuleSecret(**own, field=field, secret=secret))


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        dicts = (item.values() for item in level if isinstance(item, dict))
        lists = (item for item in level if isinstance(item, list))
        level = [item for items in (*dicts, *lists) for item in items]
    return bool(level)


def _is_same(one: object, other: object) -> bool:
    """Tell whether two values are the same in JSON, where `true` is not `1`."""
    if UNSET in (one, other):
        return one is other
    encode = msgspec.json.Encoder(order="sorted").encode
    return encode(one) == encode(other)

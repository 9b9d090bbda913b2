"""Changing what a tenant has set: all that a request names, or nothing."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import InvalidInput

from tochka_core.encryption.ring import EncryptionRing, SecretUnreadable
from tochka_core.module_settings.errors import SettingsRefused, StaleVersion
from tochka_core.module_settings.history import FieldChange
from tochka_core.module_settings.kinds import SettingsKind
from tochka_core.module_settings.models import ModuleSecret, ModuleSettings, SettingsVersion
from tochka_core.module_settings.stored import Stored, place_of_secret, read_stored, weigh
from tochka_core.pointers import pointer_to
from tochka_core.tenants.standing import Standing

MAX_BYTES: Final = 2**16
"""How long all that a tenant sets for a module may be: every worker keeps it."""


class Wanted(msgspec.Struct, frozen=True):
    """A change that is asked for."""

    values: Mapping[str, Any]
    reset: frozenset[str] = frozenset()
    """The fields that are to have their defaults again."""
    versions: frozenset[int] | None = None
    """Those that it was made for; `None` for any."""


class SettingsChanger:
    """Changes the settings of one tenant for one module; the tenant is locked."""

    def __init__(
        self, session: AsyncSession, standing: Standing, kind: SettingsKind, ring: EncryptionRing
    ) -> None:
        """Change in *session* what *kind* declares; secrets are encrypted by *ring*."""
        self._session = session
        self._standing = standing
        self._kind = kind
        self._ring = ring
        self._tenant_id = standing.tenant.id

    async def change(self, wanted: Wanted) -> Stored:
        """Set the fields that are named, and reset others; return what is stored then.

        What changes nothing makes no new version. A secret that is set again counts as a change:
        nobody shall find out by trying what it is.

        Raises:
            SettingsRefused: there is no such field, or the module does not take the values.
            StaleVersion: the change was made for another version than there is.
            NoEncryptionKeys: a secret is to be kept, and the operator has set no key.
            SecretUnreadable: another secret, with which the change would have to fit, is.
        """
        stored = await read_stored(self._session, self._tenant_id, self._kind.module)
        if wanted.versions is not None and stored.version not in wanted.versions:
            raise StaleVersion(stored.version)
        self._check(wanted, stored)
        changes = self._changes(wanted, stored)
        if not changes:
            return stored
        await self._store_values(wanted, stored)
        await self._store_secrets(wanted)
        await self._write_down(changes, stored.version + 1)
        return await read_stored(self._session, self._tenant_id, self._kind.module)

    def _check(self, wanted: Wanted, stored: Stored) -> None:
        known = {*stored.values, *stored.secrets}
        wrong = [
            (pointer_to([field]), "A field cannot be set and reset at once.")
            if field in wanted.values
            else ("/reset", f"There is nothing to reset in {field!r}.")
            for field in sorted(wanted.reset)
            if field in wanted.values or not (field in self._kind or field in known)
        ]
        if wrong:
            raise SettingsRefused(wrong)
        staying = _without(stored, wanted.reset | wanted.values.keys())
        kept = weigh(self._kind, staying, self._ring, self._tenant_id)
        if kept.unreadable:
            raise SecretUnreadable
        self._kind.check(wanted.values, kept.readable)
        if len(msgspec.json.encode({**kept.readable, **wanted.values})) > MAX_BYTES:
            raise InvalidInput(f"All settings together are longer than {MAX_BYTES} bytes.")

    def _changes(self, wanted: Wanted, stored: Stored) -> list[FieldChange]:
        changes = []
        for field in sorted(wanted.values):
            after = wanted.values[field]
            if field in self._kind.secrets:
                is_reset = self._kind.is_default(field, after)
                if not is_reset:
                    changes.append(FieldChange(field, "set", secret=True))
                elif field in stored.secrets or field in stored.values:
                    changes.append(FieldChange(field, "reset", secret=True))
            elif field not in stored.values:
                changes.append(FieldChange(field, "set", after=after))
            elif not _is_same(before := stored.values[field], after):
                changes.append(FieldChange(field, "set", before=before, after=after))
        for field in sorted(wanted.reset):
            if field in stored.secrets or field in self._kind.secrets & stored.values.keys():
                changes.append(FieldChange(field, "reset", secret=True))
            elif field in stored.values:
                changes.append(FieldChange(field, "reset", before=stored.values[field]))
        return changes

    async def _store_values(self, wanted: Wanted, stored: Stored) -> None:
        staying = _without(stored, wanted.reset | wanted.values.keys()).values
        given = wanted.values.items()
        values = {**staying, **{f: value for f, value in given if f not in self._kind.secrets}}
        made = {"version": stored.version + 1, "values": values}
        own = {"tenant_id": self._tenant_id, "module": self._kind.module}
        upsert = insert(ModuleSettings).values(**own, **made)
        await self._session.execute(
            upsert.on_conflict_do_update(
                index_elements=[ModuleSettings.tenant_id, ModuleSettings.module], set_=made
            )
        )

    async def _store_secrets(self, wanted: Wanted) -> None:
        module = self._kind.module
        own = (ModuleSecret.tenant_id == self._tenant_id) & (ModuleSecret.module == module)
        replaced = ModuleSecret.field.in_([*wanted.values, *wanted.reset])
        await self._session.execute(delete(ModuleSecret).where(own, replaced))
        for field in sorted(self._kind.secrets & wanted.values.keys()):
            secret = wanted.values[field]
            if not self._kind.is_default(field, secret):
                place = place_of_secret(self._tenant_id, module, field)
                kept = self._ring.encrypt(secret.encode(), place=place)
                about = {"tenant_id": self._tenant_id, "module": module, "field": field}
                self._session.add(ModuleSecret(**about, secret=kept))

    async def _write_down(self, changes: list[FieldChange], version: int) -> None:
        module = self._kind.module
        self._session.add(
            SettingsVersion(
                tenant_id=self._tenant_id,
                module=module,
                version=version,
                made_by=self._standing.principal.user_id,
                changes=msgspec.to_builtins(changes),
            )
        )
        fields = " ".join(change.field for change in changes)
        about = {"module": module, "version": version, "fields": fields}
        self._standing.record(self._session, "module.settings_changed", **about)
        await self._session.flush()


def _without(stored: Stored, fields: frozenset[str]) -> Stored:
    return Stored(
        stored.version,
        {field: stored.values[field] for field in stored.values.keys() - fields},
        {field: stored.secrets[field] for field in stored.secrets.keys() - fields},
    )


def _is_same(one: object, other: object) -> bool:
    """Tell whether two values are the same in JSON, where `true` is not `1`."""
    encode = msgspec.json.Encoder(order="sorted").encode
    return encode(one) == encode(other)

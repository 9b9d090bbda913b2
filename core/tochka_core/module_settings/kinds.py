"""What the settings of one module are, which values they take, and what becomes of others."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from tochka_plugins.host.settings_types import secret_fields
from tochka_plugins.settings import SecretText

from tochka_core.module_settings.errors import SettingsRefused
from tochka_core.pointers import path_in, pointer_to, steps_of, without_path

_UNKNOWN = "The module has no such setting."


class Accepted(msgspec.Struct, frozen=True):
    """Kept values that the module takes, and why it does not take the others."""

    values: Mapping[str, Any]
    refused: Mapping[str, str]
    """A sentence for each field whose value is passed over."""


class SettingsKind:
    """The settings that one module declares.

    Fields go by the name that they have in JSON, and values are such as JSON has: `"5"` is no
    number. Which fields are there is for us to say, also where the struct lets others pass.
    """

    def __init__(self, module: str, struct: type[msgspec.Struct]) -> None:
        """Take up what *module* declares."""
        self.module = module
        self.struct = struct
        hidden = secret_fields(struct)
        fields = msgspec.structs.fields(struct)
        self._names = {field.encode_name: field.name for field in fields}
        self.secrets = frozenset(n for n, own in self._names.items() if own in hidden)
        self._decoders = {field.encode_name: msgspec.json.Decoder(field.type) for field in fields}
        self._whole = msgspec.json.Decoder(struct)
        self.defaults = self.show(struct())

    def __contains__(self, field: str) -> bool:
        """Tell whether there is such a field."""
        return field in self._names

    def make(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """Return settings of one's own, with *values* and the defaults of all else.

        Raises:
            Exception: *values* are not accepted; which error says why is the module's to choose.
        """
        return self.decode(msgspec.json.encode(values))

    def decode(self, document: bytes) -> msgspec.Struct:
        """Return what *document* holds, as `make` does."""
        settings = self._whole.decode(document)
        for field in self.secrets:
            name = self._names[field]
            if isinstance(secret := getattr(settings, name), str):
                msgspec.structs.force_setattr(settings, name, SecretText(secret))
        return settings

    def show(self, settings: msgspec.Struct) -> dict[str, Any]:
        """Return all fields but secrets as JSON has them."""
        return {
            field: msgspec.to_builtins(getattr(settings, name), str_keys=True)
            for field, name in self._names.items()
            if field not in self.secrets
        }

    def is_default(self, field: str, secret: str | None) -> bool:
        """Tell whether a secret is what it is where nobody has set it."""
        default: str | None = getattr(self.struct(), self._names[field])
        return secret == default

    def check(self, values: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
        """Let *values* through if they are accepted together with what is sound of *kept*.

        Raises:
            SettingsRefused: some are not; all that are wrong by themselves are told at once.
        """
        wrong = [
            (pointer_to([field, *steps]), told)
            for field, value in values.items()
            for steps, told in self._wrong(field, value)
        ]
        if wrong:
            raise SettingsRefused(wrong)
        sound = {field: kept[field] for field in kept if not any(self._wrong(field, kept[field]))}
        if told := self._wrong_together({**sound, **values}):
            raise SettingsRefused([("", told)])

    def accept(self, kept: Mapping[str, Any]) -> Accepted:
        """Return what of *kept* is in force; for all else the defaults are.

        Where values are wrong only together, as many are taken as the module takes.
        """
        refused = {field: told for field in kept for _, told in self._wrong(field, kept[field])}
        sound = {field: value for field, value in kept.items() if field not in refused}
        together = self._wrong_together(sound)
        if together is None:
            return Accepted(sound, refused)
        taken = self._take_most(sound)
        passed_over = dict.fromkeys(sound.keys() - taken.keys(), together)
        return Accepted(taken, {**refused, **passed_over})

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of all fields."""
        document = msgspec.json.schema(self.struct)
        name = document["$ref"].rpartition("/")[2]
        document["$defs"][name]["additionalProperties"] = False
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}

    def _take_most(self, sound: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        while True:
            before = len(taken)
            for field in sorted(sound.keys() - taken.keys()):
                tried = {**taken, field: sound[field]}
                if self._wrong_together(tried) is None:
                    taken = tried
            if len(taken) == before:
                return taken

    def _wrong(self, field: str, value: object) -> Iterator[tuple[list[str], str]]:
        """Yield what is wrong with one value by itself, and the steps to it; at most once."""
        decoder = self._decoders.get(field)
        if decoder is None:
            yield [], _UNKNOWN
            return
        try:
            decoder.decode(msgspec.json.encode(value))
        except Exception as error:  # noqa: BLE001 - the module's own types may fail in any way
            message = str(error) or type(error).__name__
            yield steps_of(message, path_in(message) or ""), without_path(message)

    def _wrong_together(self, values: Mapping[str, Any]) -> str | None:
        """Return why the module does not take *values*, each of which is sound; `None` if it does.

        Its own check may quote a secret, or fail in any way.
        """
        try:
            self.make(values)
        except Exception as error:  # noqa: BLE001 - as above
            told = without_path(str(error)) or type(error).__name__
            for secret in (values[field] for field in self.secrets if values.get(field)):
                told = told.replace(secret, "***")
            return told
        return None

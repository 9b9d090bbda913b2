"""Whether the keys that are set are those that secrets need."""

from collections import Counter
from collections.abc import Sequence

from tochka_core.encryption.keys import NO_KEYS, EncryptionKey
from tochka_core.encryption.usage import LOSSES, InUse
from tochka_core.wording import counted


def find_lack_of_keys(in_use: InUse, keys: Sequence[EncryptionKey]) -> str | None:
    """Return what the operator should know of secrets that none of *keys* decrypts, if any."""
    held = {key.name for key in keys}
    lacking = {name: kinds for name, kinds in in_use.items() if name not in held}
    if not lacking:
        return None
    needed = ", ".join(f"{name} ({_describe(kinds)})" for name, kinds in lacking.items())
    lost = [loss for kind, loss in LOSSES.items() if any(kinds[kind] for kinds in lacking.values())]
    lacks = "lacks" if keys else "is not set, but secrets need"
    return (
        f"TOCHKA_ENCRYPTION_KEYS {lacks} {needed}: put back what it lacks;"
        f" until then {', and '.join(lost)}"
    )


def describe_keys(in_use: InUse, keys: Sequence[EncryptionKey]) -> str:
    """Return what is to be said of *keys*, which are all that secrets need."""
    held = (f"key {key.name} ({counted(_total(in_use, key), 'secret')})" for key in keys)
    return ", ".join(held) or NO_KEYS


def _describe(kinds: Counter[str]) -> str:
    return ", ".join(counted(number, kind) for kind, number in sorted(kinds.items()))


def _total(in_use: InUse, key: EncryptionKey) -> int:
    return in_use[key.name].total() if key.name in in_use else 0

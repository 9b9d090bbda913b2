"""Finding modules by the metadata of installed distributions, importing none of them."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import Distribution, distributions
from typing import Final

import msgspec
from packaging.utils import canonicalize_name

ENTRY_POINT_GROUP: Final = "tochka.modules"


class Candidate(msgspec.Struct, frozen=True):
    """A module as its distribution's metadata describes it."""

    name: str
    """The entry point's name; by it routes, schema and permissions are called."""
    entry_point: str
    """What the entry point refers to, such as `tochka_contacts.hooks`."""
    distribution: str
    """The distribution's canonical name (PEP 503)."""
    version: str
    summary: str
    requires: tuple[str, ...]
    """`Requires-Dist` lines as they stand (PEP 508)."""
    requires_python: str | None


def discover(path: Sequence[str] | None = None) -> list[Candidate]:
    """Return the modules that the environment holds, sorted by name.

    *path* is searched instead of `sys.path` where given. Of two copies of one distribution the one
    that imports would find counts. A distribution whose metadata cannot be read has no name to
    report by and is passed over, as pip does.
    """
    importlib.invalidate_caches()
    found = distributions() if path is None else distributions(path=list(path))
    return sorted(
        _candidates(found), key=lambda candidate: (candidate.name, candidate.distribution)
    )


def _candidates(found: Iterable[Distribution]) -> Iterator[Candidate]:
    seen: set[str] = set()
    for distribution in found:
        entry_points = distribution.entry_points.select(group=ENTRY_POINT_GROUP)
        if not entry_points:
            continue
        metadata = distribution.metadata.json
        canonical_name = canonicalize_name(str(metadata.get("name", "")))
        if not canonical_name or canonical_name in seen:
            continue
        seen.add(canonical_name)
        for entry_point in entry_points:
            yield Candidate(
                name=entry_point.name,
                entry_point=entry_point.value,
                distribution=canonical_name,
                version=str(metadata.get("version", "")),
                summary=str(metadata.get("summary", "")),
                requires=tuple(distribution.requires or ()),
                requires_python=_optional(metadata.get("requires_python")),
            )


def _optional(value: object) -> str | None:
    return None if value is None else str(value)

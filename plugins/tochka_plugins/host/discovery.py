"""Finding modules by the metadata of installed distributions, importing none of them."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import Distribution, EntryPoint, distributions
from pathlib import Path
from typing import Final

import msgspec
from packaging.utils import canonicalize_name

from tochka_plugins.host.storable import is_storable

ENTRY_POINT_GROUP: Final = "tochka.modules"


class Candidate(msgspec.Struct, frozen=True):
    """A module as its distribution's metadata describes it."""

    name: str
    """The entry point's name; by it routes, schema and permissions are called."""
    entry_point: str
    """What the entry point refers to, such as `tochka_contacts.hooks` or `hooks [extra]`."""
    distribution: str
    """The distribution's canonical name (PEP 503)."""
    version: str
    summary: str
    requires: tuple[str, ...]
    """`Requires-Dist` lines as they stand (PEP 508)."""
    requires_python: str | None

    @property
    def is_well_formed(self) -> bool:
        """The entry point names something that could be imported."""
        return bool(EntryPoint.pattern.match(self.entry_point))

    @property
    def package(self) -> str:
        """The top-level package that the entry point lies in."""
        return self.entry_point.partition("[")[0].partition(":")[0].partition(".")[0].strip()

    @property
    def extras(self) -> tuple[str, ...]:
        """The extras that the entry point asks for: the module needs what they require."""
        listed = self.entry_point.partition("[")[2].partition("]")[0]
        return tuple(extra.strip() for extra in listed.split(",") if extra.strip())


def discover(
    path: Sequence[str] | None = None,
    *,
    pass_over: Callable[[Path], None] = lambda _distribution: None,
) -> list[Candidate]:
    """Return the modules that the environment holds, sorted by name.

    *path* is searched instead of `sys.path` where given. Of two copies of one distribution the one
    that imports would find counts. *pass_over* is told where a distribution lies whose metadata
    cannot be read: it may be a module, but has no name to quarantine it by.
    """
    importlib.invalidate_caches()
    found = distributions() if path is None else distributions(path=list(path))
    return sorted(
        _candidates(found, pass_over),
        key=lambda candidate: (candidate.name, candidate.distribution),
    )


def _candidates(
    found: Iterable[Distribution], pass_over: Callable[[Path], None]
) -> Iterator[Candidate]:
    seen: set[str] = set()
    for distribution in found:
        try:
            described = _describe(distribution)
        except Exception:  # noqa: BLE001 - whatever a broken file makes the parsers raise
            pass_over(_place(distribution))
            continue
        for candidate in described:
            if candidate.distribution not in seen:
                yield candidate
        seen.update(candidate.distribution for candidate in described)


def _describe(distribution: Distribution) -> list[Candidate]:
    entry_points = distribution.entry_points.select(group=ENTRY_POINT_GROUP)
    if not entry_points:
        return []
    metadata = distribution.metadata.json
    name = canonicalize_name(str(metadata["name"]))
    candidates = [
        Candidate(
            name=entry_point.name,
            entry_point=entry_point.value,
            distribution=name,
            version=str(metadata["version"]),
            summary=str(metadata.get("summary", "")),
            requires=tuple(distribution.requires or ()),
            requires_python=_optional(metadata.get("requires_python")),
        )
        for entry_point in entry_points
    ]
    # What is not UTF-8 in the file comes as surrogates.
    if not all(is_storable(text) for candidate in candidates for text in _texts(candidate)):
        raise ValueError
    return candidates


def _texts(candidate: Candidate) -> Iterator[str]:
    for value in msgspec.structs.astuple(candidate):
        yield from (value,) if isinstance(value, str) else value or ()


def _place(distribution: Distribution) -> Path:
    """Return the folder of the metadata, which only the usual kind of distribution tells."""
    return Path(str(getattr(distribution, "_path", distribution.locate_file(""))))


def _optional(value: object) -> str | None:
    return None if value is None else str(value)

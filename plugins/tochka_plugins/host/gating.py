"""Deciding by metadata alone which modules may be imported, and in which order."""

import platform
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import msgspec
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tochka_plugins.host.discovery import Candidate
from tochka_plugins.host.ordering import in_order
from tochka_plugins.host.quarantine import Quarantined, quarantine

CORE_DISTRIBUTION: Final = "tochka-rosta"
NAME_RULE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")
RESERVED_NAMES: Final = frozenset(
    {
        "audit",
        "auth",
        "core",
        "doctor",
        "keys",
        "modules",
        "plans",
        "serve",
        "tenants",
        "tochka",
        "upgrade",
        "users",
    }
)
"""Names that the core's own routes, schema and commands use."""

_EXTRA: Final = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_UNREADABLE: Final = (
    InvalidRequirement,
    UndefinedComparison,
    UndefinedEnvironmentName,
    KeyError,  # packaging before 26.3, of a marker that asks for `extras`
)


class Gated(msgspec.Struct, frozen=True):
    """The verdict of the gate."""

    admitted: tuple[Candidate, ...]
    """In the order of dependencies, also of those in extras; ties by name."""
    requires: Mapping[str, frozenset[str]]
    """For each admitted module, the modules that it needs."""
    wishes: Mapping[str, frozenset[str]]
    """For each admitted module, those in its extras: it makes use of them where they are."""
    refused: tuple[Quarantined, ...]

    def only(self, names: Collection[str]) -> "Gated":
        """Return the verdict on *names* and what they need, as if there were no others."""
        wanted = set(names)
        for candidate in reversed(self.admitted):
            if candidate.name in wanted:
                wanted |= self.requires[candidate.name]
        return msgspec.structs.replace(
            self,
            admitted=tuple(item for item in self.admitted if item.name in wanted),
            refused=tuple(item for item in self.refused if item.name in wanted),
        )


class Refusal(Exception):
    """A candidate may not be imported; the message is the reason."""

    def __init__(self, reason: str, *, blocked_by: str | None = None) -> None:
        super().__init__(reason)
        self.blocked_by = blocked_by


def installed_version(distribution: str) -> str | None:
    """Return the version of an installed distribution, `None` where it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def gate(
    candidates: Sequence[Candidate],
    *,
    core_version: str,
    find_version: Callable[[str], str | None] = installed_version,
) -> Gated:
    """Admit the candidates that fit this platform and each other, dependencies first.

    *find_version* tells the version of a distribution that is no module, `None` without one.
    """

    def find(distribution: str) -> str | None:
        return core_version if distribution == CORE_DISTRIBUTION else find_version(distribution)

    refusals: dict[Candidate, Refusal] = {}
    requires: dict[str, frozenset[str]] = {}
    wishes: dict[str, frozenset[str]] = {}
    sound: dict[str, Candidate] = {}
    claims = _group(candidates, lambda candidate: candidate.name)
    modules_of = _group(candidates, lambda candidate: candidate.distribution)
    for candidate in candidates:
        try:
            _check_name(candidate, claims[candidate.name])
            _check_python(candidate)
            requires[candidate.name] = _resolve(candidate, modules_of, find)
            wishes[candidate.name] = _wishes(candidate, modules_of)
        except Refusal as refusal:
            refusals[candidate] = refusal
        else:
            sound[candidate.name] = candidate

    order, cycles = in_order({name: requires[name] for name in sound}, wishes)
    for cycle in cycles:
        path = " → ".join([*cycle, cycle[0]])
        for name in cycle:
            refusals[sound[name]] = Refusal(f"its dependencies form a cycle: {path}")
    admitted = _cascade([sound[name] for name in order], requires, refusals)
    return Gated(
        admitted=tuple(admitted),
        requires={candidate.name: requires[candidate.name] for candidate in admitted},
        wishes={candidate.name: wishes[candidate.name] for candidate in admitted},
        refused=tuple(
            quarantine(candidate, "gate", str(refusal), blocked_by=refusal.blocked_by)
            for candidate, refusal in refusals.items()
        ),
    )


def _group(
    candidates: Sequence[Candidate], key: Callable[[Candidate], str]
) -> dict[str, list[Candidate]]:
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(key(candidate), []).append(candidate)
    return groups


def _cascade(
    ordered: Sequence[Candidate],
    requires: Mapping[str, frozenset[str]],
    refusals: dict[Candidate, Refusal],
) -> list[Candidate]:
    """Return those that need no refused module; refuse the others."""
    refused = {candidate.name for candidate in refusals}
    admitted = []
    for candidate in ordered:
        blocker = min(requires[candidate.name] & refused, default=None)
        if blocker is None:
            admitted.append(candidate)
            continue
        reason = f"needs the module {blocker!r}, which is quarantined"
        refusals[candidate] = Refusal(reason, blocked_by=blocker)
        refused.add(candidate.name)
    return admitted


def _check_name(candidate: Candidate, claims: Sequence[Candidate]) -> None:
    if not NAME_RULE.fullmatch(candidate.name):
        raise Refusal(f"the entry point's name must match {NAME_RULE.pattern}")
    if not candidate.is_well_formed:
        raise Refusal(f"its entry point {candidate.entry_point!r} names no Python module")
    if candidate.name in RESERVED_NAMES:
        raise Refusal(f"the name {candidate.name!r} is reserved for the platform")
    rivals = sorted(claim.distribution for claim in claims if claim != candidate)
    if rivals:
        listed = ", ".join(rivals)
        raise Refusal(f"{listed} also declares the module {candidate.name!r}; uninstall one")


def _check_python(candidate: Candidate) -> None:
    if candidate.requires_python is None:
        return
    try:
        fits = SpecifierSet(candidate.requires_python).contains(
            platform.python_version(), prereleases=True
        )
    except InvalidSpecifier as error:
        raise Refusal(f"Requires-Python does not parse: {error}") from error
    if not fits:
        message = f"needs Python {candidate.requires_python}, this is {platform.python_version()}"
        raise Refusal(message)


def _resolve(
    candidate: Candidate,
    modules_of: Mapping[str, Sequence[Candidate]],
    find_version: Callable[[str], str | None],
) -> frozenset[str]:
    """Return the modules that *candidate* needs, with all it requires installed and fitting."""
    needed: set[str] = set()
    for requirement in _requirements(candidate, extras=["", *candidate.extras]):
        distribution = canonicalize_name(requirement.name)
        providers = modules_of.get(distribution, ())
        found = providers[0].version if providers else find_version(distribution)
        if found is None:
            raise Refusal(f"needs {requirement}, which is not installed")
        _check_version(requirement, found)
        if distribution != candidate.distribution:
            needed.update(provider.name for provider in providers)
    return frozenset(needed)


def _wishes(candidate: Candidate, modules_of: Mapping[str, Sequence[Candidate]]) -> frozenset[str]:
    """Return the modules that *candidate* names in an extra: they go before it where they are."""
    extras = {extra for line in candidate.requires for extra in _EXTRA.findall(line)}
    return frozenset(
        provider.name
        for requirement in _requirements(candidate, extras=extras)
        for provider in modules_of.get(canonicalize_name(requirement.name), ())
        if provider.distribution != candidate.distribution
    )


def _requirements(candidate: Candidate, *, extras: Iterable[str]) -> Iterable[Requirement]:
    """Yield the requirements of *candidate* that apply here with any of *extras*."""
    for line in candidate.requires:
        try:
            requirement = Requirement(line)
            applies = requirement.marker is None or any(
                requirement.marker.evaluate({"extra": extra}) for extra in extras
            )
        except _UNREADABLE as error:
            raise Refusal(f"Requires-Dist does not parse: {line!r}") from error
        if applies:
            yield requirement


def _check_version(requirement: Requirement, found: str) -> None:
    try:
        fits = requirement.specifier.contains(Version(found), prereleases=True)
    except InvalidVersion as error:
        raise Refusal(f"{requirement.name} has the malformed version {found!r}") from error
    if not fits:
        raise Refusal(f"needs {requirement}, installed is {found}")

"""What the gate lets through, and the reason it gives for the rest."""

import pytest
from tochka_plugins.host import gate
from tochka_plugins.host.gating import RESERVED_NAMES, installed_version

CORE = "1.4"


@pytest.fixture
def judge():
    """Gate candidates on core 1.4, beside the ordinary distribution `rich` 14.1."""

    def run(*candidates, core_version=CORE, **installed):
        versions = {"rich": "14.1", **installed}
        return gate(candidates, core_version=core_version, find_version=versions.get)

    return run


def reason(gated):
    (only,) = gated.refused
    assert gated.admitted == ()
    assert only.phase == "gate"
    return only.reason


def test_a_module_that_fits_is_admitted(judge, candidate):
    fitting = candidate("notes", "tochka-rosta>=1,<2", "rich>=14", requires_python=">=3.11")
    gated = judge(fitting)
    assert gated.admitted == (fitting,)
    assert gated.refused == ()
    assert gated.requires == {"notes": frozenset()}


def test_a_refusal_tells_whose_it_is(judge, candidate):
    (refused,) = judge(candidate("notes", "gone", version="3.1")).refused
    assert (refused.name, refused.distribution, refused.version) == ("notes", "tochka-notes", "3.1")
    assert refused.blocked_by is None


@pytest.mark.parametrize("spelling", ["tochka-rosta", "Tochka.Rosta", "tochka_rosta"])
def test_a_module_for_another_core_is_refused(judge, candidate, spelling):
    told = reason(judge(candidate("notes", f"{spelling}>=2")))
    assert told == f"needs {spelling}>=2, installed is 1.4"


def test_a_prerelease_of_the_core_counts_as_that_version(judge, candidate):
    gated = judge(candidate("notes", "tochka-rosta>=1"), core_version="2.0rc1")
    assert len(gated.admitted) == 1


@pytest.mark.parametrize("entry_point", ["notes [fancy]", "notes.hooks:plugin [ other, fancy ]"])
def test_what_the_entry_points_extras_require_is_needed(judge, candidate, entry_point):
    needs = ("gone; extra == 'fancy'", "also-gone; extra == 'unasked'")
    asking = candidate("notes", *needs, entry_point=entry_point)
    assert (asking.package, asking.is_well_formed) == ("notes", True)
    assert reason(judge(asking)).startswith("needs gone")
    assert judge(asking, gone="1").admitted == (asking,)


@pytest.mark.parametrize("entry_point", ["", "1 bad!", "tochka-notes.hooks", "notes: [x"])
def test_an_entry_point_that_does_not_parse_is_refused(judge, candidate, entry_point):
    told = reason(judge(candidate("notes", entry_point=entry_point)))
    assert told == f"its entry point {entry_point!r} names no Python module"


def test_a_module_for_another_python_is_refused(judge, candidate):
    assert "needs Python >=99" in reason(judge(candidate("notes", requires_python=">=99")))


def test_a_malformed_python_specifier_is_refused(judge, candidate):
    told = reason(judge(candidate("notes", requires_python="three")))
    assert told.startswith("Requires-Python does not parse")


def test_a_malformed_requirement_is_refused_and_quoted(judge, candidate):
    told = reason(judge(candidate("notes", "rich >>> 1")))
    assert told == "Requires-Dist does not parse: 'rich >>> 1'"


def test_a_missing_dependency_is_named(judge, candidate):
    assert reason(judge(candidate("notes", "gone>=2"))) == "needs gone>=2, which is not installed"


def test_an_ordinary_dependency_of_another_version_is_refused(judge, candidate):
    assert reason(judge(candidate("notes", "rich<14"))) == "needs rich<14, installed is 14.1"


def test_a_module_dependency_of_another_version_is_refused(judge, candidate):
    contacts = candidate("contacts", version="1.9")
    gated = judge(candidate("notes", "tochka-contacts>=2"), contacts)
    assert gated.admitted == (contacts,)
    assert gated.refused[0].reason == "needs tochka-contacts>=2, installed is 1.9"


def test_a_malformed_installed_version_is_refused(judge, candidate):
    told = reason(judge(candidate("notes", "odd"), odd="one point two"))
    assert told == "odd has the malformed version 'one point two'"


@pytest.mark.parametrize(
    "requirement",
    [
        "gone; extra == 'pdf'",
        "gone; python_version < '3'",
        "gone; sys_platform == 'nowhere' and python_version > '3'",
    ],
)
def test_requirements_that_do_not_apply_here_are_ignored(judge, candidate, requirement):
    assert len(judge(candidate("notes", requirement)).admitted) == 1


def test_a_requirement_whose_marker_applies_counts(judge, candidate):
    assert "not installed" in reason(judge(candidate("notes", "gone; python_version > '3'")))


@pytest.mark.parametrize("marker", ["os_name ~= 'posix'", "'pdf' in extras"])
def test_a_marker_that_cannot_be_evaluated_refuses_only_its_module(judge, candidate, marker):
    gated = judge(candidate("notes", f"rich; {marker}"), candidate("contacts"))
    assert [item.name for item in gated.admitted] == ["contacts"]
    assert [item.name for item in gated.refused] == ["notes"]


def test_dependencies_on_modules_are_told(judge, candidate):
    gated = judge(
        candidate("notes", "Tochka_Contacts", "tochka-calls; extra == 'calls'"),
        candidate("contacts"),
        candidate("calls"),
    )
    assert gated.requires["notes"] == {"contacts"}


def test_a_dependency_on_a_distribution_means_all_its_modules(judge, candidate):
    gated = judge(
        candidate("notes", "suite"),
        candidate("calls", distribution="suite"),
        candidate("mails", distribution="suite"),
    )
    assert gated.requires["notes"] == {"calls", "mails"}


def test_dependencies_come_first_and_ties_go_by_name(judge, candidate):
    gated = judge(
        candidate("aa", "tochka-zz"), candidate("cc"), candidate("zz"), candidate("bb", "tochka-zz")
    )
    assert [item.name for item in gated.admitted] == ["cc", "zz", "aa", "bb"]


@pytest.mark.parametrize("size", [2, 3])
def test_a_cycle_is_refused_and_drawn(judge, candidate, size):
    names = ["aa", "bb", "cc"][:size]
    ring = [
        candidate(name, f"tochka-{names[(place + 1) % size]}") for place, name in enumerate(names)
    ]
    gated = judge(*ring, candidate("free"))
    assert [item.name for item in gated.admitted] == ["free"]
    assert {item.name for item in gated.refused} == set(names)
    for refused in gated.refused:
        assert refused.reason.startswith("its dependencies form a cycle: ")
        assert all(name in refused.reason for name in names)


def test_a_module_may_require_its_own_distribution(judge, candidate):
    gated = judge(candidate("notes", "tochka-notes"))
    assert gated.requires == {"notes": frozenset()}


def test_modules_of_a_distribution_that_requires_itself_form_no_cycle(judge, candidate):
    suite = [candidate(name, "suite", distribution="suite") for name in ("calls", "mails")]
    assert [item.name for item in judge(*suite).admitted] == ["calls", "mails"]


def test_a_name_that_two_distributions_claim_goes_to_neither(judge, candidate):
    claims = [candidate("notes", distribution=name) for name in ("one", "two")]
    gated = judge(*claims, candidate("free"))
    assert [item.name for item in gated.admitted] == ["free"]
    assert {item.distribution for item in gated.refused} == {"one", "two"}
    assert all("also declares the module 'notes'" in item.reason for item in gated.refused)


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_names_of_the_platform_are_refused(judge, candidate, name):
    assert reason(judge(candidate(name))) == f"the name {name!r} is reserved for the platform"


@pytest.mark.parametrize(
    "name",
    ["", "a", "Notes", "9notes", "_notes", "my-notes", "no.tes", "заметки", "no\n", "n" * 41],
)
def test_names_that_make_no_schema_are_refused(judge, candidate, name):
    assert "must match" in reason(judge(candidate(name)))


@pytest.mark.parametrize("name", ["ab", "n" * 40, "notes_2"])
def test_names_within_the_rule_are_admitted(judge, candidate, name):
    assert len(judge(candidate(name)).admitted) == 1


def test_whoever_needs_a_refused_module_is_refused_with_it(judge, candidate):
    gated = judge(
        candidate("aa", "tochka-bb"),
        candidate("bb", "tochka-cc"),
        candidate("cc", "gone"),
        candidate("dd"),
    )
    blocked_by = {item.name: item.blocked_by for item in gated.refused}
    reasons = {item.name: item.reason for item in gated.refused}
    assert [item.name for item in gated.admitted] == ["dd"]
    assert blocked_by == {"aa": "bb", "bb": "cc", "cc": None}
    assert reasons["aa"] == "needs the module 'bb', which is quarantined"


def test_whoever_needs_a_member_of_a_cycle_is_blocked_by_it(judge, candidate):
    gated = judge(
        candidate("aa", "tochka-bb"), candidate("bb", "tochka-cc"), candidate("cc", "tochka-bb")
    )
    assert {item.name: item.blocked_by for item in gated.refused} == {
        "aa": "bb",
        "bb": None,
        "cc": None,
    }


def test_whoever_needs_a_name_that_two_claim_is_blocked(judge, candidate):
    claims = [candidate("notes", distribution=name) for name in ("one", "two")]
    gated = judge(*claims, candidate("calls", "two"))
    assert gated.admitted == ()
    assert [item.blocked_by for item in gated.refused if item.name == "calls"] == ["notes"]


def test_nothing_installed_is_no_error(judge):
    assert judge() == gate([], core_version=CORE)


def test_versions_of_ordinary_distributions_come_from_the_environment():
    assert installed_version("pluggy") is not None
    assert installed_version("no-such-distribution-anywhere") is None

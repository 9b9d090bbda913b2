"""Leaving out what is sound alone and clashes with the rest, and nothing more."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tochka_plugins.host import assemble, fit, gate

NAMES = [f"m{number:02}" for number in range(20)]


class Clash(Exception):
    """Two modules cannot be built together."""


def assembled(module, needs=None):
    """Stage a module for each name; *needs* are the names that some of them require."""
    needs = needs or {}
    candidates = [
        module(name, *(f"tochka-{other}" for other in needs.get(name, ()))) for name in NAMES
    ]
    assembly = assemble(gate(candidates, core_version="1.0", find_version=lambda _name: None))
    assert assembly.quarantined == ()
    return assembly


def building(*pairs):
    """Return what builds modules by name, and raises where both of a pair are among them."""
    builds = []

    def build(modules):
        names = [module.name for module in modules]
        builds.append(names)
        for pair in pairs:
            if set(pair) <= set(names):
                raise Clash(f"{' and '.join(pair)} clash")
        return names

    return build, builds


def test_what_fits_is_built_once(module):
    build, builds = building()
    assembly = assembled(module)
    assert fit(assembly, build) == (NAMES, assembly)
    assert builds == [NAMES]


def test_of_two_that_clash_the_later_is_left_out_with_the_reason(module):
    build, _ = building(("m03", "m11"))
    built, fitting = fit(assembled(module), build)
    assert built == [item.name for item in fitting.modules] == sorted({*NAMES} - {"m11"})
    (left_out,) = fitting.quarantined
    assert (left_out.name, left_out.phase, left_out.blocked_by) == ("m11", "stage", None)
    assert left_out.reason == "beside the others: Clash: m03 and m11 clash"


def test_what_needs_the_one_left_out_is_left_out_with_it(module):
    build, _ = building(("m03", "m11"))
    assembly = assembled(module, {"m14": ["m11"], "m15": ["m14"], "m16": ["m03"]})
    built, fitting = fit(assembly, build)
    assert set(NAMES) - set(built) == {"m11", "m14", "m15"}
    assert {item.name: item.blocked_by for item in fitting.quarantined} == {
        "m11": None,
        "m14": "m11",
        "m15": "m14",
    }


PAIRS = st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=PAIRS)
def test_nobody_is_left_out_who_clashes_with_none_that_stay(module, pairs):
    build, builds = building(*pairs)
    built, fitting = fit(assembled(module), build)
    stay, out = set(built), {item.name for item in fitting.quarantined}
    assert stay | out == set(NAMES)
    assert stay.isdisjoint(out)
    for name in out:
        assert any(set(pair) <= stay | {name} for pair in pairs if name in pair)
    assert len(builds) <= 1 + len(out) * 7


def test_a_module_that_ends_the_process_is_left_out_too(module):
    def build(modules):
        if any(module.name == "m05" for module in modules):
            raise SystemExit(3)

    _, fitting = fit(assembled(module), build)
    assert [(item.name, item.reason) for item in fitting.quarantined] == [
        ("m05", "beside the others: SystemExit: 3")
    ]


def test_a_failure_without_any_module_is_nobodys_fault(module):
    def build(_modules):
        raise Clash("the platform itself")

    with pytest.raises(Clash, match="the platform itself"):
        fit(assembled(module), build)


def test_an_operator_who_interrupts_is_obeyed(module):
    def build(_modules):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(assembled(module), build)

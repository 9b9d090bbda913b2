"""What holds for the gate however modules depend on each other."""

from hypothesis import given
from hypothesis import strategies as st
from tochka_plugins.host import gate

NAMES = [f"m{number}" for number in range(8)]


@st.composite
def worlds(draw, *, acyclic):
    """Draw who needs whom, and who needs what is not there."""
    rank = draw(st.permutations(NAMES))
    needs = {}
    for place, name in enumerate(rank):
        others = rank[:place] if acyclic else rank
        needs[name] = draw(st.sets(st.sampled_from(others))) if others else set()
    return needs, draw(st.sets(st.sampled_from(NAMES), max_size=2))


def run(candidate, world, order=NAMES):
    needs, broken = world
    candidates = [
        candidate(name, *(f"tochka-{other}" for other in needs[name]), *["gone"] * (name in broken))
        for name in order
    ]
    return candidates, gate(candidates, core_version="1.0", find_version=lambda _name: None)


def reachable(needs, start):
    seen, ahead = set(), set(needs[start]) - {start}
    while ahead:
        name = ahead.pop()
        seen.add(name)
        ahead |= needs[name] - {name} - seen
    return seen


@given(world=worlds(acyclic=True))
def test_dependencies_come_before_dependents(candidate, world):
    _, gated = run(candidate, world)
    place = {item.name: number for number, item in enumerate(gated.admitted)}
    assert all(place[other] < place[name] for name in place for other in gated.requires[name])
    assert all(gated.requires[name] == world[0][name] for name in place)


@given(world=worlds(acyclic=False), order=st.permutations(NAMES))
def test_the_order_of_discovery_does_not_matter(candidate, world, order):
    _, gated = run(candidate, world)
    _, shuffled = run(candidate, world, order)
    assert shuffled.admitted == gated.admitted
    assert set(shuffled.refused) == set(gated.refused)


@given(world=worlds(acyclic=False))
def test_every_candidate_is_admitted_or_refused_once(candidate, world):
    candidates, gated = run(candidate, world)
    told = [item.name for item in (*gated.admitted, *gated.refused)]
    assert sorted(told) == sorted(item.name for item in candidates)


@given(world=worlds(acyclic=False))
def test_only_what_cannot_run_is_refused(candidate, world):
    needs, broken = world
    reach = {name: reachable(needs, name) for name in NAMES}
    unsound = broken | {
        name for name in NAMES if any(name in reach[other] for other in reach[name])
    }
    _, gated = run(candidate, world)
    assert {item.name for item in gated.admitted} == {
        name for name in NAMES if name not in unsound and not reach[name] & unsound
    }


@given(world=worlds(acyclic=False))
def test_whoever_is_blocked_is_blocked_by_a_refused_dependency(candidate, world):
    _, gated = run(candidate, world)
    refused = {item.name for item in gated.refused}
    for item in gated.refused:
        if item.blocked_by is not None:
            assert item.blocked_by in refused & world[0][item.name]


@given(world=worlds(acyclic=True), wishes=worlds(acyclic=True))
def test_a_module_in_an_extra_comes_before_where_it_can(candidate, world, wishes):
    needs, _ = world
    candidates = [
        candidate(
            name,
            *(f"tochka-{other}" for other in needs[name]),
            *(f"tochka-{other} >= 9; extra == 'more'" for other in wishes[0][name]),
        )
        for name in NAMES
    ]
    gated = gate(candidates, core_version="1.0", find_version=lambda _name: None)
    place = {item.name: number for number, item in enumerate(gated.admitted)}
    assert place.keys() == set(NAMES)
    both = {name: needs[name] | wishes[0][name] for name in NAMES}
    for name in NAMES:
        assert all(place[other] < place[name] for other in needs[name])
        for other in wishes[0][name]:
            assert place[other] < place[name] or name in reachable(both, other)

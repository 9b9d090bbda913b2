"""Each check tells of the module that does the one thing badly, and of no sound one."""

import pytest
from flawed import FLAWED, Flaw, stage_flawed
from tochka_core.conformance.bench import set_up
from tochka_core.conformance.catalog import CHECKS
from tochka_core.conformance.process import look
from tochka_core.testing.building import build_platform

BY_ID = {check.id: check for check in CHECKS}


@pytest.fixture
def look_at(tmp_path, settings, database_url):
    """Have a module looked at by some checks."""

    async def look_at(name, flaw, checks):
        module = stage_flawed(tmp_path, name, flaw)
        await build_platform(database_url, [module])
        # The time of those that fail by it; the others are done sooner, also on a slow machine.
        async with set_up(settings, [module], name, patience_seconds=5) as bench:
            return [await look(check, bench) for check in checks]

    return look_at


async def test_nothing_is_wrong_with_a_sound_module(look_at):
    results = await look_at("sound", Flaw("", ""), CHECKS)
    assert [result for result in results if result.faults] == []
    assert {result.outcome for result in results} == {"passed"}
    told = {result.id: result.detail for result in results}
    assert all(told.values())
    # A part is of a thing and has an owner: bodies have named those that the tenant has. Parts are
    # listed nowhere: paths have named one that was planted.
    assert "refused all" not in told["answers"]
    assert "nothing could be written" not in told["leaks"]


@pytest.mark.parametrize("name", FLAWED)
async def test_what_is_done_badly_is_told(look_at, name):
    flaw = FLAWED[name]
    (result,) = await look_at(name, flaw, [BY_ID[flaw.check]])
    assert result.outcome == "failed"
    told = [fault.what for fault in result.faults]
    assert any(flaw.words in what for what in told), told
    assert all(fault.todo for fault in result.faults)


def test_every_check_has_somebody_to_tell_of():
    assert {flaw.check for flaw in FLAWED.values()} | {"guards"} == BY_ID.keys()

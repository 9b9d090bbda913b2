"""Loading and staging many modules: one that fails takes nothing with it but its dependents."""

import sys
from pathlib import Path

import pytest
from tochka_plugins import ModuleInfo
from tochka_plugins.host import assemble, gate


def assembled(*candidates):
    """Return the names that are staged, and the quarantine of the others by name."""
    gated = gate(candidates, core_version="1.0", find_version=lambda _name: None)
    assembly = assemble(gated)
    assert len({id(item) for item in assembly.modules}) == len(assembly.modules)
    names = [item.name for item in assembly.modules]
    return names, {item.name: item for item in assembly.quarantined}


@pytest.fixture
def beside(module):
    """Assemble a module beside a sound one, and return its quarantine."""
    sound = module("sound", tochka_module_info=ModuleInfo(title="Sound"))

    def run(bad):
        names, quarantined = assembled(sound, bad)
        assert names == ["sound"]
        assert list(quarantined) == [bad.name]
        only = quarantined[bad.name]
        assert "\n" not in only.reason
        assert (only.distribution, only.version) == (bad.distribution, bad.version)
        assert only.blocked_by is None
        return only

    return run


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import gone_for_ever", "ModuleNotFoundError: No module named 'gone_for_ever'"),
        ("raise RuntimeError('on import')", "RuntimeError: on import"),
        ("raise RuntimeError('first line\\nsecond line')", "RuntimeError: first line"),
        ("raise BaseException", "BaseException"),
        ("import sys; sys.exit('bye')", "SystemExit: bye"),
        ("import sys; sys.exit()", "SystemExit"),
        ("def broken(:", "SyntaxError: invalid syntax"),
    ],
)
def test_an_import_that_fails_sets_only_its_module_aside(beside, written_module, source, told):
    quarantined = beside(written_module("bad", source))
    assert quarantined.phase == "load"
    assert quarantined.reason.startswith(told)


def test_a_package_that_is_not_there_is_set_aside(beside, candidate):
    quarantined = beside(candidate("bad"))
    assert quarantined.phase == "load"
    assert "No module named 'tochka_bad'" in quarantined.reason


def test_an_import_that_fails_is_told_with_its_place(beside, written_module):
    quarantined = beside(written_module("bad", "\n\nraise ValueError('no')"))
    assert quarantined.reason == "ValueError: no (tochka_bad/hooks.py:3 in <module>)"


def test_a_misspelt_hook_is_named(beside, module):
    quarantined = beside(module("bad", tochka_rotues=[]))
    assert quarantined.phase == "load"
    assert "tochka_rotues" in quarantined.reason


def test_an_argument_that_no_spec_has_is_named_with_its_hook(beside, module):
    quarantined = beside(module("bad", tochka_startup=lambda plattform: plattform))
    assert quarantined.phase == "load"
    assert "tochka_startup" in quarantined.reason
    assert "plattform" in quarantined.reason


RAISING = """
import sys, json
from tochka_plugins import hookimpl

@hookimpl
def tochka_routes():
    {statement}
"""


@pytest.mark.parametrize(
    ("statement", "told"),
    [("raise ValueError('no')", "ValueError: no"), ("sys.exit(3)", "SystemExit: 3")],
)
def test_a_hook_that_raises_is_named_with_its_place(beside, written_module, statement, told):
    quarantined = beside(written_module("bad", RAISING.format(statement=statement)))
    assert quarantined.phase == "stage"
    assert quarantined.reason == f"{told} (tochka_bad/hooks.py:7 in tochka_routes)"


def test_an_error_inside_a_library_is_placed_in_the_module(beside, written_module):
    quarantined = beside(written_module("bad", RAISING.format(statement="json.loads('{')")))
    assert "(tochka_bad/hooks.py:7 in tochka_routes)" in quarantined.reason


def test_an_error_that_cannot_be_shown_is_survived(beside, module):
    class Unspeakable(Exception):
        def __str__(self):
            raise RuntimeError("even this fails")

    def tochka_routes():
        raise Unspeakable

    assert "Unspeakable" in beside(module("bad", tochka_routes=tochka_routes)).reason


def test_what_cannot_be_stored_of_a_message_is_replaced(beside, module):
    def tochka_routes():
        raise ValueError("nul \0, half \ud83d")

    reason = beside(module("bad", tochka_routes=tochka_routes)).reason
    assert reason.startswith("ValueError: nul \N{REPLACEMENT CHARACTER}, half \ufffd")


def test_a_long_message_is_cut(beside, module):
    def tochka_routes():
        raise ValueError("x" * 10_000)

    assert len(beside(module("bad", tochka_routes=tochka_routes)).reason) < 700


@pytest.mark.parametrize(
    ("hook", "result"),
    [
        ("tochka_module_info", "Bad"),
        ("tochka_routes", "/"),
        ("tochka_models", [int]),
        ("tochka_migrations", "migrations"),
    ],
)
def test_a_wrong_result_is_told_with_its_hook(beside, module, hook, result):
    quarantined = beside(module("bad", **{hook: lambda: result}))
    assert quarantined.phase == "stage"
    assert quarantined.reason.startswith(f"StagingError: {hook}")


def test_modules_are_staged_in_the_order_of_dependencies(module):
    names, quarantined = assembled(module("aa", "tochka-zz"), module("mm"), module("zz"))
    assert quarantined == {}
    assert names.index("zz") < names.index("aa")


def test_whoever_needs_a_failed_module_is_blocked_by_it(module):
    names, quarantined = assembled(
        module("aa", "tochka-bb"),
        module("bb", "tochka-cc"),
        module("cc", tochka_routes="/"),
        module("dd"),
    )
    assert names == ["dd"]
    assert {name: item.blocked_by for name, item in quarantined.items()} == {
        "aa": "bb",
        "bb": "cc",
        "cc": None,
    }
    assert quarantined["bb"].phase == quarantined["aa"].phase == "stage"
    assert quarantined["aa"].reason == "needs the module 'bb', which is quarantined"
    assert quarantined["aa"].distribution == "tochka-aa"


def test_a_blocked_module_is_not_imported(module, candidate):
    names, quarantined = assembled(
        module("bad", tochka_routes="/"), candidate("blocked", "tochka-bad")
    )
    assert names == []
    assert quarantined["blocked"].blocked_by == "bad"


def test_a_module_that_the_gate_refused_stays_set_aside(module):
    names, quarantined = assembled(module("aa", "gone"), module("bb"))
    assert names == ["bb"]
    assert quarantined["aa"].phase == "gate"


def test_both_claims_to_one_name_are_told(candidate):
    claims = [candidate("notes", distribution=name) for name in ("one", "two")]
    assembly = assemble(gate(claims, core_version="1.0"))
    assert {item.distribution for item in assembly.quarantined} == {"one", "two"}


def test_a_module_that_cannot_be_mounted_is_set_aside_with_its_dependents(module):
    tried = []

    def try_mount(staged):
        tried.append(staged.name)
        if staged.name == "aa":
            raise LookupError("no place for it")

    candidates = [module("aa"), module("bb", "tochka-aa"), module("cc")]
    assembly = assemble(gate(candidates, core_version="1.0"), try_mount=try_mount)
    assert [item.name for item in assembly.modules] == ["cc"]
    first, second = assembly.quarantined
    assert (first.name, first.phase, first.blocked_by) == ("aa", "stage", None)
    assert first.reason.startswith("LookupError: no place for it")
    assert (second.name, second.phase, second.blocked_by) == ("bb", "stage", "aa")
    assert tried == ["aa", "cc"]


LOWERED = sys.getrecursionlimit() - 100
LOWERING = f"sys.setrecursionlimit({LOWERED})"


@pytest.mark.parametrize(
    "source",
    [
        f"import sys; {LOWERING}",
        RAISING.format(statement=LOWERING),
        RAISING.format(statement=f"{LOWERING}; raise RecursionError"),
    ],
)
def test_a_module_that_lowers_the_recursion_limit_harms_nobody_else(beside, written_module, source):
    assert f"setrecursionlimit({LOWERED})" in beside(written_module("bad", source)).reason
    assert sys.getrecursionlimit() == LOWERED + 100


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    "source",
    ["import sys; sys.{stream}.close()", RAISING.format(statement="sys.{stream}.close()")],
    ids=["import", "hook"],
)
def test_a_module_that_closes_a_stream_closes_nobody_elses(
    beside, written_module, capsys, stream, source
):
    source = source.format(stream=stream)
    real = getattr(sys, stream)
    assert f"sys.{stream}.close() harms" in beside(written_module("bad", source)).reason
    assert getattr(sys, stream) is real
    print("still open", file=real)
    assert getattr(capsys.readouterr(), stream[3:]) == "still open\n"


def test_what_a_module_prints_is_no_answer_of_a_command(written_module, capsys):
    source = (
        "import sys; print('hello', flush=True); assert sys.stdout.encoding and sys.stdout.buffer"
    )
    assert assembled(written_module("chatty", source)) == (["chatty"], {})
    assert capsys.readouterr() == ("", "hello\n")


def test_a_module_that_goes_to_another_folder_takes_nobody_along(
    beside, written_module, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert "os.chdir('/') harms" in beside(written_module("bad", "import os; os.chdir('/')")).reason
    assert Path.cwd() == tmp_path


def test_an_operator_who_interrupts_is_obeyed(written_module):
    with pytest.raises(KeyboardInterrupt):
        assembled(written_module("slow", "raise KeyboardInterrupt"))

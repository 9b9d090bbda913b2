"""`tochka <module> …`, as far as it needs no database."""

import sys

import click
import pytest
from click.testing import CliRunner
from tochka_core.cli import module_groups
from tochka_core.cli.group import tochka
from tochka_plugins import PlatformRunner, pass_platform
from tochka_plugins.host import discover
from tochka_plugins.host.gating import RESERVED_NAMES

GREETS = """
import click
from tochka_plugins import Conflict, hookimpl

@click.command()
@click.argument("name")
def greet(name):
    "Greet NAME."
    click.echo(f"Hello, {name}.")

@click.command("refuse")
def refuse():
    raise Conflict("Not today.")

@hookimpl
def tochka_commands():
    return [refuse, greet]
"""
BROKEN = """
from tochka_plugins import hookimpl

@hookimpl
def tochka_commands():
    import nothing_of_this_name
"""


@pytest.fixture
def install(monkeypatch, tmp_path):
    """Make a module known by its metadata, with its hooks beside it."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name, source="", *, requires="", summary="What it is for."):
        package = f"pkg_{name}"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "hooks.py").write_text(source)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nSummary: {summary}\n"
        (info / "METADATA").write_text(head + requires)
        entry_point = f"[tochka.modules]\n{name} = {package}.hooks\n"
        (info / "entry_points.txt").write_text(entry_point)

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("pkg_"):
            del sys.modules[name]


@pytest.fixture
def run(install):
    def invoke(*words):
        return CliRunner().invoke(tochka, words)

    return invoke


def refusal(result):
    """Return the one line with which a command has refused."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line.removeprefix("Error: ")


def listed(result):
    """Return the help of each command that is listed; how wide the names are hangs on them all."""
    lines = result.stdout.partition("Commands:\n")[2].splitlines()
    return dict(line.split(maxsplit=1) for line in lines)


def imported():
    return {name for name in sys.modules if name.startswith("pkg_")}


def test_help_lists_modules_by_their_summary_and_imports_none(run, install):
    install("greets", GREETS)
    install("silent", "raise SystemExit(3)", summary="Never says a word.")
    found = listed(run("--help"))
    assert found["greets"] == "What it is for."
    assert found["silent"] == "Never says a word."
    assert imported() == set()


def test_help_reads_the_metadata_once_however_many_modules_there_are(run, install, monkeypatch):
    for name in ("one", "two", "three"):
        install(name)
    reads = []
    monkeypatch.setattr(module_groups, "discover", lambda: reads.append(1) or discover())
    assert "three" in listed(run("--help"))
    assert len(reads) == 1


def test_a_module_that_the_gate_refuses_is_not_listed(run, install):
    install("hostile", GREETS, requires="Requires-Dist: no-such-distribution\n")
    assert "hostile" not in run("--help").stdout


def test_a_module_without_summary_is_listed_all_the_same(run, install):
    install("greets", GREETS, summary="")
    assert listed(run("--help"))["greets"] == "Run a command of the module greets."


def test_a_command_of_a_module_runs(run, install):
    install("greets", GREETS)
    result = run("greets", "greet", "Anna")
    assert (result.exit_code, result.stdout) == (0, "Hello, Anna.\n")
    assert "Greet NAME." in run("greets", "--help").stdout
    assert "Greet NAME." in run("greets", "greet", "-h").stdout


def test_only_the_module_and_those_it_needs_are_imported(run, install):
    install("base")
    install("middle", requires="Requires-Dist: pkg-base\n")
    install("top", GREETS, requires="Requires-Dist: pkg-middle\n")
    install("aside", "raise SystemExit(3)")
    assert run("top", "greet", "Anna").exit_code == 0
    packages = {name.partition(".")[0] for name in imported()}
    assert packages == {"pkg_base", "pkg_middle", "pkg_top"}


def test_a_command_of_the_core_neither_looks_for_modules_nor_yields_to_one(run, install):
    install("users", GREETS)
    assert "Manage people." in run("users", "--help").stdout
    assert imported() == set()


@pytest.mark.parametrize("words", [["gone"], ["greets", "gone"]])
def test_an_unknown_word_is_a_mistake_in_usage(run, install, words):
    install("greets", GREETS)
    result = run(*words)
    assert result.exit_code == 2
    assert "No such command 'gone'." in result.stderr


@pytest.mark.parametrize(
    ("source", "requires", "reason"),
    [
        ("raise SystemExit(3)", "", "phase load: SystemExit: 3 (pkg_bad/hooks.py:1 in <module>)"),
        (BROKEN, "", "phase stage: ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        (GREETS.replace("[refuse", "[greet"), "", "phase stage: StagingError: tochka_commands: "),
        (GREETS, "Requires-Dist: nowhere\n", "phase gate: needs nowhere, which is not installed"),
        (GREETS, "Requires-Dist: pkg-worse\n", "phase load: needs the module 'worse', which is"),
    ],
    ids=["import", "hook", "rule", "gate", "dependency"],
)
def test_a_quarantined_module_offers_nothing_but_the_reason(run, install, source, requires, reason):
    install("worse", "1 / 0")
    install("bad", source, requires=requires)
    for words in ([], ["--help"], ["greet", "Anna"]):
        assert refusal(run("bad", *words)).startswith(f"bad is quarantined in {reason}")


def test_an_error_for_clients_is_one_line(run, install):
    install("greets", GREETS)
    assert refusal(run("greets", "refuse")) == "Not today."


def test_no_module_can_be_called_like_a_command_of_the_core():
    own = {*tochka._lazy, *tochka.commands}
    assert {"serve", "upgrade", "doctor", "modules", "tenants", "users"} <= own
    assert own <= RESERVED_NAMES


class Recorded(PlatformRunner):
    """Runs work that awaits nothing, on a platform that is only a word."""

    def run(self, work):
        try:
            work("the platform").send(None)
        except StopIteration as end:
            return end.value


@click.command()
@click.argument("number", type=int)
@click.option("--loud", is_flag=True)
@pass_platform
async def tell(platform, number, *, loud):
    """Tell what it was given."""
    click.echo(f"{platform}, {number}, {loud}")


def test_a_command_gets_the_platform_before_its_own_parameters():
    assert tell.help == "Tell what it was given."
    result = CliRunner().invoke(tell, ["7", "--loud"], obj=Recorded())
    assert result.stdout == "the platform, 7, True\n"


def test_the_platform_is_found_behind_an_object_of_the_modules_own():
    @click.group()
    @click.pass_context
    def group(context):
        context.obj = {"own": True}

    group.add_command(tell)
    module = click.Group("module", commands=[group])
    result = CliRunner().invoke(module, ["group", "tell", "7"], obj=Recorded())
    assert result.stdout == "the platform, 7, False\n"


def test_without_a_platform_the_command_says_so():
    result = CliRunner().invoke(tell, ["7"])
    assert "PlatformRunner" in str(result.exception)

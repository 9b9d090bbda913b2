"""The contract says of each hook when it runs, what it may return and what an error means."""

import inspect
from pathlib import Path

import pytest
from tochka_plugins import hookspecs

PAGE = Path(__file__).parents[2] / "docs" / "hooks.md"
HOOKS = {
    name: value
    for name, value in vars(hookspecs).items()
    if hasattr(value, f"{hookspecs.PROJECT_NAME}_spec")
}


def test_every_function_of_the_contract_is_a_hook():
    functions = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value)}
    assert functions == set(HOOKS)
    assert all(name.startswith("tochka_") for name in HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_when_it_runs_what_it_returns_and_what_raising_does(name):
    text = inspect.getdoc(HOOKS[name])
    summary, _, rest = text.partition("\n\n")
    assert summary.endswith(".")
    places = [rest.find(f"{paragraph}: ") for paragraph in ("Runs", "Returns", "Raises")]
    assert places[0] == 0
    assert places == sorted(places)
    assert -1 not in places


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_typed(name):
    signature = inspect.signature(HOOKS[name])
    assert signature.return_annotation is not signature.empty
    assert all(
        parameter.annotation is not parameter.empty for parameter in signature.parameters.values()
    )


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_has_a_section_on_the_page_with_an_example(name):
    _, _, after = PAGE.read_text().partition(f"\n## {name}\n")
    section = after.partition("\n## ")[0]
    assert f"def {name}(" in section


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_in_the_table_that_says_what_it_is_for(name):
    table, _, _ = PAGE.read_text().partition("\n## ")
    assert f"[{name}](#{name})" in table

"""A module's commands: real click commands, each with a name of its own, none never awaited."""

import click
import pytest
from tochka_plugins import Platform, pass_platform
from tochka_plugins.host.staging import StagingError


@click.command()
def count_all() -> None:
    """Count."""


def named(name):
    return click.Command(name)


def test_commands_are_collected_in_their_order(staged):
    group = click.Group("export", commands=[named("csv")])
    assert staged(tochka_commands=[group, count_all]).commands == (group, count_all)


@pytest.mark.parametrize("name", ["a", "count", "count-all", "v2", "to-2"])
def test_words_joined_by_hyphens_are_names(staged, name):
    assert staged(tochka_commands=[named(name)]).commands[0].name == name


@pytest.mark.parametrize(
    "name", [None, "", 42, "Count", "count all", "count_all", "-h", "--help", "a--b", "a\n", "счёт"]
)
def test_other_names_are_refused(staged, name):
    with pytest.raises(StagingError, match="must match") as refused:
        staged(tochka_commands=[count_all, named(name)])
    assert repr(name) in str(refused.value)


def test_a_name_declared_twice_is_refused(staged):
    with pytest.raises(StagingError, match="tochka_commands: 'count-all' is declared 2 times"):
        staged(tochka_commands=[count_all, named("other"), named("count-all")])


@pytest.mark.parametrize(
    "command",
    ["count", lambda: None, click.Command, None],
    ids=["a name", "a function", "a class", "nothing"],
)
def test_what_is_no_click_command_is_refused(staged, command):
    with pytest.raises(StagingError, match=r"tochka_commands: .* is no click command"):
        staged(tochka_commands=lambda: [command])


def test_a_coroutine_function_that_nothing_would_await_is_refused(staged):
    @click.command()
    async def count() -> None: ...

    with pytest.raises(StagingError, match=r"'count' would never be awaited.*pass_platform"):
        staged(tochka_commands=[count])


def test_a_coroutine_function_that_gets_the_platform_is_sound(staged):
    @click.command()
    @pass_platform
    async def count(platform: Platform) -> None: ...

    assert staged(tochka_commands=[count]).commands == (count,)


def test_the_rules_hold_within_groups(staged):
    async def never_awaited() -> None: ...

    inner = click.Group("inner", commands=[click.Command("deep", callback=never_awaited)])
    with pytest.raises(StagingError, match="'deep' would never be awaited"):
        staged(tochka_commands=[click.Group("outer", commands=[inner])])
    with pytest.raises(StagingError, match="'Deep' must match"):
        staged(tochka_commands=[click.Group("outer", commands=[named("Deep")])])


def test_a_command_in_a_group_goes_by_the_name_that_the_group_gives_it(staged):
    group = click.Group("outer", commands={"one": named("same"), "two": named("same")})
    assert staged(tochka_commands=[group]).commands == (group,)
    group.add_command(named("sound"), "Not Sound")
    with pytest.raises(StagingError, match="the name 'Not Sound' must match"):
        staged(tochka_commands=[group])

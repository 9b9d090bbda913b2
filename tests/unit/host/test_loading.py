"""Importing a module and calling its hooks."""

import sys

import pluggy
import pytest
from tochka_plugins import ModuleInfo, hookimpl
from tochka_plugins.host.loading import LoadedModule


def test_a_hook_is_called_and_its_result_returned(module):
    info = ModuleInfo(title="Sample")
    assert LoadedModule(module(tochka_module_info=info)).call("tochka_module_info") is info


def test_a_hook_that_a_module_leaves_out_returns_none(module):
    assert LoadedModule(module()).call("tochka_routes") is None


def test_a_hook_gets_the_arguments_it_asks_for(module):
    got = []

    def startup(platform):
        got.append(platform)

    LoadedModule(module(tochka_startup=startup)).call("tochka_startup", platform="the platform")
    assert got == ["the platform"]


def test_a_hook_may_leave_out_arguments(module):
    called = []
    loaded = LoadedModule(module(tochka_startup=lambda: called.append("startup")))
    loaded.call("tochka_startup", platform=None)
    assert called == ["startup"]


async def test_a_coroutine_function_is_awaited(module):
    finished = []

    async def startup(platform):
        finished.append(platform)

    loaded = LoadedModule(module(tochka_startup=startup))
    await loaded.call_async("tochka_startup", platform="the platform")
    assert finished == ["the platform"]


async def test_a_plain_function_serves_where_a_coroutine_may(module):
    called = []

    def startup(platform):
        called.append(platform)

    loaded = LoadedModule(module(tochka_startup=startup))
    await loaded.call_async("tochka_startup", platform="the platform")
    await loaded.call_async("tochka_shutdown", platform="the platform")
    assert called == ["the platform"]


def test_a_misspelt_hook_is_refused_with_the_one_that_was_meant(module):
    told = r"^unknown hook 'tochka_rotues'; did you mean 'tochka_routes'\?$"
    with pytest.raises(pluggy.PluginValidationError, match=told):
        LoadedModule(module(tochka_rotues=[]))


def test_a_hook_like_no_other_is_refused_without_a_guess(module):
    with pytest.raises(pluggy.PluginValidationError, match=r"^unknown hook 'tochka_xyz'$"):
        LoadedModule(module(tochka_xyz=[]))


def test_an_argument_that_no_spec_has_is_refused_by_name(module):
    with pytest.raises(pluggy.PluginValidationError, match=r"(?s)tochka_startup.*plattform"):
        LoadedModule(module(tochka_startup=lambda plattform: plattform))


@pytest.mark.parametrize("name", ["tochka_routes", "tochka_helper"])
def test_a_function_that_looks_like_a_hook_and_is_not_marked_is_refused(module, name):
    made = module()
    setattr(sys.modules[made.entry_point], name, lambda: ["never called"])
    with pytest.raises(pluggy.PluginValidationError, match=f"{name} .* decorate it with @hookimpl"):
        LoadedModule(made)


def test_other_functions_and_packages_named_like_hooks_are_left_alone(module):
    made = module(tochka_routes=["a route"])
    code = sys.modules[made.entry_point]
    code.list_routes, code.tochka_sample = test_a_hook_that_a_module_leaves_out_returns_none, sys
    assert LoadedModule(made).call("tochka_routes") == ["a route"]


def test_two_modules_do_not_hear_each_other(module):
    first = LoadedModule(module("first", tochka_module_info=ModuleInfo(title="First")))
    second = LoadedModule(module("second", tochka_module_info=ModuleInfo(title="Second")))
    assert first.call("tochka_module_info").title == "First"
    assert second.call("tochka_module_info").title == "Second"


class Hooks:
    """An object that an entry point may name instead of a module."""

    class Inner:
        @hookimpl
        def tochka_routes(self):
            return ["from the object"]

    plugin = Inner()


@pytest.mark.parametrize("extras", ["", " [pdf]"])
@pytest.mark.parametrize("reference", ["{}:Hooks.plugin", "{} : Hooks.plugin", "{}"])
def test_an_entry_point_may_name_a_module_or_an_attribute(module, candidate, reference, extras):
    holder = module("sample", tochka_routes=["from the module"]).entry_point
    sys.modules[holder].Hooks = Hooks
    loaded = LoadedModule(candidate("other", entry_point=reference.format(holder) + extras))
    expected = "from the object" if "Hooks" in reference else "from the module"
    assert loaded.call("tochka_routes") == [expected]


def test_an_attribute_that_is_not_there_is_told(module, candidate):
    holder = module("sample").entry_point
    with pytest.raises(AttributeError, match="gone"):
        LoadedModule(candidate("other", entry_point=f"{holder}:gone"))

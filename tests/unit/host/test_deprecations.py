"""What a module uses that is to go is noted, beside it, and keeps nothing from working."""

import warnings

import pytest
from tochka_plugins import DeprecatedContract, ModuleInfo, hookspecs
from tochka_plugins.host import assemble, gate

OLD = "tochka_old goes in 0.3; use tochka_new"


@pytest.fixture
def deprecated():
    """Assemble modules; return what each uses that is deprecated, by its name."""

    def run(*candidates):
        gated = gate(candidates, core_version="1.0", find_version=lambda _name: None)
        assembly = assemble(gated)
        assert assembly.quarantined == ()
        return {module.name: module.deprecated for module in assembly.modules}

    return run


@pytest.fixture
def old_hook(monkeypatch):
    """Add a hook that is to go to the contract."""

    def tochka_old(): ...

    marked = hookspecs.hookspec(warn_on_impl=DeprecatedContract(OLD))(tochka_old)
    monkeypatch.setattr(hookspecs, "tochka_old", marked, raising=False)


def test_a_hook_that_is_to_go_is_noted_of_who_implements_it(deprecated, module, old_hook):
    uses = module("uses", tochka_old="x")
    other = module("other", tochka_module_info=ModuleInfo(title="Other"))
    assert deprecated(uses, other) == {"uses": (OLD,), "other": ()}


def test_what_is_called_when_it_is_staged_is_noted_once(deprecated, module):
    def info():
        for _ in range(3):
            warnings.warn(DeprecatedContract(OLD), stacklevel=2)
        return ModuleInfo(title="Sample")

    assert deprecated(module("sample", tochka_module_info=info)) == {"sample": (OLD,)}


def test_other_warnings_go_where_they_went(deprecated, written_module):
    source = "import warnings\nwarnings.warn('beware', UserWarning)"
    with pytest.warns(UserWarning, match="beware"):
        assert deprecated(written_module("loud", source)) == {"loud": ()}

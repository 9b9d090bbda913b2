"""Modules made for one test: their metadata, their code, their installed distributions."""

import sys
from types import ModuleType

import pytest
from tochka_plugins import hookimpl
from tochka_plugins.host import Candidate
from tochka_plugins.host.loading import LoadedModule
from tochka_plugins.host.staging import stage


@pytest.fixture(scope="session")
def candidate():
    """Make the metadata of a module called *name* in a distribution called `tochka-<name>`."""

    def make(name, *requires, **fields):
        defaults = {
            "entry_point": f"tochka_{name}.hooks",
            "distribution": f"tochka-{name}",
            "version": "1.0",
            "summary": f"The summary of {name}.",
            "requires": requires,
            "requires_python": None,
        }
        return Candidate(name=name, **{**defaults, **fields})

    return make


@pytest.fixture
def module(candidate, monkeypatch):
    """Make an importable module whose hooks return what they are given, or call it."""

    def make(name="sample", *requires, **hooks):
        made = candidate(name, *requires)
        code = ModuleType(made.entry_point)
        for hook, value in hooks.items():
            implementation = value if callable(value) else (lambda value=value: value)
            setattr(code, hook, hookimpl(implementation))
        monkeypatch.setitem(sys.modules, made.entry_point, code)
        return made

    return make


@pytest.fixture
def staged(module):
    """Stage a module called `sample`, whose hooks return what they are given, or call it."""

    def run(**hooks):
        return stage(LoadedModule(module("sample", **hooks)))

    return run


@pytest.fixture
def written_module(candidate, monkeypatch, tmp_path):
    """Make a module whose code lies in a file, `tochka_<name>/hooks.py`."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def make(name, source, *requires):
        package = tmp_path / f"tochka_{name}"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "hooks.py").write_text(source)
        return candidate(name, *requires)

    yield make
    for imported in set(sys.modules) - before:
        if imported.startswith("tochka_"):
            del sys.modules[imported]


@pytest.fixture
def install(tmp_path):
    """Write the metadata of an installed distribution; return the folder to search."""

    def write(name, entry_points=None, *, version="1.0", folder="site", metadata="", files=None):
        site = tmp_path / folder
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        head = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{metadata}"
        contents = {"METADATA": head}
        if entry_points is not None:
            contents["entry_points.txt"] = f"[tochka.modules]\n{entry_points}\n"
        for file, content in {**contents, **(files or {})}.items():
            data = content if isinstance(content, bytes) else content.encode()
            (info / file).write_bytes(data)
        return str(site)

    return write

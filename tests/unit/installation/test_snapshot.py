"""An environment comes back as it was, whatever was done to it."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.installation.snapshot import (
    EnvironmentBusy,
    Snapshot,
    changing_environment,
    undo_interrupted_change,
)

NAMES = ["a.py", "b.py", "pkg/__init__.py", "pkg/deep/c.py", "pkg-1.dist-info/RECORD", "link"]
CHANGES = st.lists(st.tuples(st.sampled_from(["replace", "remove"]), st.sampled_from(NAMES)))


def contents(root):
    """Return what each file holds, and where each link leads, by path."""
    return {
        str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in root.rglob("*")
        if (path.is_symlink() or path.is_file()) and "kept" not in path.parts
    }


def replace(path, text):
    """Write as pip does: a new file in the place of the old one."""
    if path.parent.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("environment")


@given(before=st.sets(st.sampled_from(NAMES[:-1])), changes=CHANGES)
def test_what_was_changed_comes_back(folder, before, changes):
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / "link").symlink_to("a.py")
    for name in before:
        replace(root / name, f"old {name}")
    wanted = contents(root)
    snapshot = Snapshot(root / "kept")
    snapshot.take({root / name for name in NAMES})
    for change, name in changes:
        if change == "replace":
            replace(root / name, "new")
        else:
            (root / name).unlink(missing_ok=True)
    snapshot.restore()
    assert contents(root) == wanted
    assert not (root / "kept").exists()


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An environment of two files; its folder of packages."""
    site = tmp_path / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "a.py").write_text("old")
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(site if "lib" in name else tmp_path))
    return site


def test_an_error_undoes_the_change(site):
    with pytest.raises(ValueError, match="half-way"), changing_environment(touched(site)):
        replace(site / "a.py", "new")
        replace(site / "b.py", "new")
        raise ValueError("half-way")
    assert contents(site) == {"a.py": "old"}


def test_a_change_without_an_error_stays(site):
    with changing_environment(touched(site)):
        replace(site / "a.py", "new")
    assert contents(site) == {"a.py": "new"}
    assert not undo_interrupted_change()


def touched(site):
    return {site / "a.py", site / "b.py"}


@pytest.fixture
def killed_change(site):
    """A change that could not undo itself."""
    with pytest.raises(KeyboardInterrupt), changing_environment(touched(site)) as snapshot:
        replace(site / "a.py", "new")
        replace(site / "b.py", "new")
        snapshot.restore = lambda: None
        raise KeyboardInterrupt
    assert contents(site) == {"a.py": "new", "b.py": "new"}


def test_a_change_that_was_killed_is_undone_by_the_next_one(site, killed_change):
    with changing_environment(touched(site)):
        assert contents(site) == {"a.py": "old"}


def test_a_change_that_was_killed_is_undone_on_request(site, killed_change):
    assert undo_interrupted_change()
    assert contents(site) == {"a.py": "old"}


def test_what_came_later_from_elsewhere_stays(site, killed_change):
    replace(site / "later.py", "later")
    assert undo_interrupted_change()
    assert contents(site) == {"a.py": "old", "later.py": "later"}


def test_what_pip_and_python_made_meanwhile_goes(site):
    with pytest.raises(KeyError), changing_environment(touched(site)):
        replace(site / "b.py", "new")
        replace(site / "__pycache__" / "b.cpython-311.pyc", "compiled")
        replace(site / "~otes" / "a.py", "set aside")
        raise KeyError
    assert contents(site) == {"a.py": "old"}
    assert not (site / "__pycache__").exists()


def test_a_snapshot_that_was_killed_half_way_is_not_restored(site):
    (site.parent / "tochka-rollback").mkdir()
    (site.parent / "tochka-rollback" / "0").write_text("half")
    assert not undo_interrupted_change()
    assert contents(site) == {"a.py": "old"}


def test_two_changes_at_once_are_refused(site):
    with (
        changing_environment(touched(site)),
        pytest.raises(EnvironmentBusy),
        changing_environment(touched(site)),
    ):
        pass

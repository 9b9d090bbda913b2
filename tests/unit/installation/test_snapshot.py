"""An environment comes back as it was, whatever was done to it."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.installation.snapshot import Snapshot

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


def test_where_there_are_no_links_files_are_copied(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError("Invalid cross-device link")

    monkeypatch.setattr("os.link", refuse)
    replace(tmp_path / "a.py", "old")
    (tmp_path / "link").symlink_to("a.py")
    wanted = contents(tmp_path)
    snapshot = Snapshot(tmp_path / "kept")
    snapshot.take({tmp_path / "a.py", tmp_path / "link"})
    replace(tmp_path / "a.py", "new")
    (tmp_path / "link").unlink()
    snapshot.restore()
    assert contents(tmp_path) == wanted

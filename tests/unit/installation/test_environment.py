"""One change at a time; what was killed is undone, what is whole stays."""

import threading
from contextlib import contextmanager

import pytest
from tochka_core.errors import OperatorError
from tochka_core.installation import environment
from tochka_core.installation.environment import (
    EnvironmentBusy,
    changing_environment,
    settle_environment,
)
from tochka_core.installation.snapshot import Snapshot


def contents(root):
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*.*")}


def replace(path, text):
    """Write as pip does: a new file in the place of the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text)


@contextmanager
def killed():
    """Keep a change from undoing itself, as `kill -9` does."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Snapshot, "restore", lambda _self: None)
        yield


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
    assert not settle_environment()


def touched(site):
    return {site / "a.py", site / "b.py"}


@pytest.fixture
def killed_change(site):
    """A change that could not undo itself."""
    with killed(), changing_environment(touched(site)):
        replace(site / "a.py", "new")
        replace(site / "b.py", "new")
        raise KeyboardInterrupt
    assert contents(site) == {"a.py": "new", "b.py": "new"}


def test_a_change_that_was_killed_is_undone_by_the_next_one(site, killed_change):
    with changing_environment(touched(site)):
        assert contents(site) == {"a.py": "old"}


def test_a_change_that_was_killed_is_undone_on_request(site, killed_change):
    assert settle_environment()
    assert contents(site) == {"a.py": "old"}


def test_what_came_later_from_elsewhere_stays(site, killed_change):
    replace(site / "later.py", "later")
    assert settle_environment()
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
    (site.parent / "tochka-rollback.lock").touch()
    assert not settle_environment()
    assert contents(site) == {"a.py": "old"}


def test_two_changes_at_once_are_refused(site):
    with (
        changing_environment(touched(site)),
        pytest.raises(EnvironmentBusy),
        changing_environment(touched(site)),
    ):
        pass


def test_a_change_that_was_killed_once_it_was_whole_stays(site):
    with killed(), changing_environment(touched(site)) as change:
        replace(site / "a.py", "new")
        change.go_forward()
        raise KeyboardInterrupt
    assert not settle_environment()
    assert contents(site) == {"a.py": "new"}
    assert not (site.parent / "tochka-rollback").exists()


def test_an_error_undoes_a_change_that_was_whole_all_the_same(site):
    with pytest.raises(KeyError), changing_environment(touched(site)) as change:
        replace(site / "a.py", "new")
        change.go_forward()
        raise KeyError
    assert contents(site) == {"a.py": "old"}


def test_a_change_is_waited_for_and_one_at_rest_is_not(site, monkeypatch):
    monkeypatch.setattr(environment, "_POLL_SECONDS", 0.001)
    settled = []
    waiting = threading.Thread(target=lambda: settled.append(settle_environment()))
    with changing_environment(touched(site)) as change:
        with change.at_rest():
            assert not settle_environment()
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        replace(site / "a.py", "new")
    waiting.join()
    assert settled == [False]
    assert contents(site) == {"a.py": "new"}


def test_a_change_that_was_killed_at_rest_is_undone_and_not_taken_for_another(site):
    with killed(), changing_environment(touched(site)) as change:
        replace(site / "a.py", "new")
        change.at_rest().__enter__()
        raise KeyboardInterrupt
    assert settle_environment()
    assert contents(site) == {"a.py": "old"}
    with changing_environment(touched(site)), pytest.raises(EnvironmentBusy):
        changing_environment(touched(site)).__enter__()


def test_a_disk_that_is_full_is_told_and_changes_nothing(site, monkeypatch):
    def refuse(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    with (
        pytest.raises(OperatorError, match=r"put back as it was: .*No space left"),
        changing_environment(touched(site)),
    ):
        replace(site / "a.py", "new")
        refuse()
    monkeypatch.setattr(Snapshot, "take", refuse)
    with (
        pytest.raises(OperatorError, match=r"cannot be changed: .*No space left"),
        changing_environment(touched(site)),
    ):
        replace(site / "b.py", "new")
    assert contents(site) == {"a.py": "old"}


def test_what_cannot_be_put_back_is_told_and_put_back_by_the_next(site, monkeypatch):
    with (
        pytest.raises(OperatorError, match="half changed and cannot be put back"),
        pytest.MonkeyPatch.context() as patch,
        changing_environment(touched(site)),
    ):
        replace(site / "a.py", "new")
        patch.setattr("tochka_core.installation.snapshot._put_back", _raise)
        raise KeyError
    assert settle_environment()
    assert contents(site) == {"a.py": "old"}


def _raise(*_arguments):
    raise OSError(30, "Read-only file system")

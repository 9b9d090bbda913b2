"""An environment is known again until pip changes it."""

import os

import pytest
from tochka_core.registry.fingerprint import fingerprint


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An environment of one distribution."""
    monkeypatch.setattr("sys.path", [str(tmp_path), str(tmp_path / "nowhere")])
    install(tmp_path, "notes-1.0")
    return tmp_path


def install(site, name, **files):
    metadata = site / f"{name}.dist-info"
    metadata.mkdir()
    for file, text in files.items():
        (metadata / f"{file}.json").write_text(text)
    return metadata


def test_an_unchanged_environment_is_known_again(site):
    assert fingerprint() == fingerprint()
    before = fingerprint()
    (site / "notes.py").write_text("")
    assert fingerprint() == before


def test_what_comes_and_goes_changes_it(site):
    before = fingerprint()
    added = install(site, "words-1.0")
    assert fingerprint() != before
    added.rmdir()
    assert fingerprint() == before


def test_the_same_version_installed_again_changes_it(site):
    before = fingerprint()
    os.utime(site / "notes-1.0.dist-info", (0, 0))
    assert fingerprint() != before


@pytest.mark.parametrize(
    ("noted", "is_known"),
    [
        ('{"url": "file:///x", "dir_info": {"editable": true}}', False),
        ('{"url": "file:///x", "dir_info": {}}', True),
        ('{"url": "https://x", "archive_info": {}}', True),
        ("nonsense", True),
    ],
)
def test_an_editable_install_makes_it_unknowable(site, noted, is_known):
    install(site, "edited-1.0", direct_url=noted)
    assert (fingerprint() is not None) == is_known

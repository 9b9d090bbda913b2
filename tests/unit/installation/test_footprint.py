"""Which files a change touches, and whose they are."""

import sys
import sysconfig
import zipfile

import pytest
from tochka_core.errors import OperatorError
from tochka_core.installation.footprint import footprint, refuse_overwriting
from wheels import write_wheel


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An environment with the installed distribution `notes`."""
    site = tmp_path / "site"
    paths = {"purelib": site, "platlib": site, "scripts": tmp_path / "bin", "include": tmp_path}
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {k: str(v) for k, v in paths.items()})
    monkeypatch.setattr(sys, "path", [str(site)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    installed = write_wheel(tmp_path, "notes", {"notes/hooks.py": "", "shared/a.py": ""})
    with zipfile.ZipFile(installed) as archive:
        archive.extractall(site)
    return site


def names(paths, site):
    return {str(path.relative_to(site.parent)) for path in paths}


def declare(wheel, entry_points):
    """Write the wheel anew with other entry points."""
    with zipfile.ZipFile(wheel) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in contents.items():
            is_theirs = name.endswith("entry_points.txt")
            archive.writestr(name, entry_points if is_theirs else data)


def test_an_installed_distribution_is_all_of_its_files(site):
    found = names(footprint({"notes"}), site)
    assert {"site/notes/hooks.py", "site/shared/a.py", "site/notes-1.0.dist-info/RECORD"} <= found
    assert footprint({"words"}) == set()


def test_a_wheel_is_all_that_pip_makes_of_it(site, tmp_path):
    files = {
        "words/hooks.py": "",
        "words-1.0.data/scripts/run-words": "",
        "words-1.0.data/data/share/words.txt": "",
        "words-1.0.data/purelib/more_words.py": "",
    }
    wheel = write_wheel(tmp_path, "words", files)
    declare(wheel, "[console_scripts]\nSay-Words = words:say\n")
    assert names(footprint(set(), [wheel]), site) == {
        "site/words/hooks.py",
        "site/more_words.py",
        "bin/run-words",
        "bin/Say-Words",
        "share/words.txt",
        *(
            f"site/words-1.0.dist-info/{name}"
            for name in (
                "METADATA",
                "WHEEL",
                "RECORD",
                "INSTALLER",
                "REQUESTED",
                "direct_url.json",
                "entry_points.txt",
            )
        ),
    }


def test_a_wheel_with_files_of_another_distribution_is_refused(site, tmp_path):
    wheel = write_wheel(tmp_path, "words", {"shared/a.py": "raise"})
    with pytest.raises(OperatorError, match=r"words-1.0.* would overwrite .*shared/a.py of notes"):
        refuse_overwriting({"words"}, [wheel])
    refuse_overwriting({"words", "notes"}, [wheel])
    refuse_overwriting({"words"}, [write_wheel(tmp_path, "words", {"shared/b.py": ""})])


def test_two_wheels_that_bring_one_file_are_refused(site, tmp_path):
    wheels = [write_wheel(tmp_path, name, {"tests/__init__.py": ""}) for name in ("ants", "bees")]
    with pytest.raises(OperatorError, match=r"bees-1.0.* would overwrite .*__init__.py of ants-1"):
        refuse_overwriting({"ants", "bees"}, wheels)

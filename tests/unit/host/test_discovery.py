"""Finding modules by real metadata on disk."""

import sys

import pytest
from tochka_plugins.host import Candidate, discover


def found(*path):
    return [(item.name, item.distribution, item.version) for item in discover(list(path))]


def test_a_module_is_described_by_its_distribution(install):
    site = install(
        "Tochka.Notes",
        "notes = tochka_notes.hooks",
        metadata=(
            "Summary: Notes for everyone\nRequires-Python: >=3.11\n"
            "Requires-Dist: tochka-rosta>=1\nRequires-Dist: rich; extra == 'pretty'\n"
        ),
    )
    assert discover([site]) == [
        Candidate(
            name="notes",
            entry_point="tochka_notes.hooks",
            distribution="tochka-notes",
            version="1.0",
            summary="Notes for everyone",
            requires=("tochka-rosta>=1", "rich; extra == 'pretty'"),
            requires_python=">=3.11",
        )
    ]


def test_what_metadata_leaves_out_is_empty(install):
    only = discover([install("plain", "plain = plain")])[0]
    assert (only.summary, only.requires, only.requires_python) == ("", (), None)


def test_other_distributions_are_no_modules(install):
    site = install("bare")
    install("script", files={"entry_points.txt": "[console_scripts]\nrun = script:main\n"})
    both = "[console_scripts]\nrun = real:main\n[tochka.modules]\nreal = real.hooks\n"
    install("real", files={"entry_points.txt": both})
    assert found(site) == [("real", "real", "1.0")]


def test_modules_are_sorted_by_name_wherever_they_lie(install):
    first = install("zz-dist", "alpha = a", folder="one")
    install("aa-dist", "omega = o", folder="one")
    second = install("mm-dist", "kappa = k", folder="two")
    assert [name for name, *_ in found(second, first)] == ["alpha", "kappa", "omega"]


def test_one_distribution_may_carry_several_modules(install):
    site = install("suite", "notes = suite.notes\ncalls = suite.calls", version="2.0")
    assert found(site) == [("calls", "suite", "2.0"), ("notes", "suite", "2.0")]


def test_two_distributions_with_one_module_name_are_both_told(install):
    site = install("one", "notes = one.hooks")
    install("two", "notes = two.hooks")
    assert found(site) == [("notes", "one", "1.0"), ("notes", "two", "1.0")]


def test_the_copy_that_imports_would_find_counts(install):
    shadowing = install("Tochka_Notes", "notes = new", version="2.0", folder="first")
    shadowed = install("tochka-notes", "notes = old", version="1.0", folder="second")
    assert found(shadowing, shadowed) == [("notes", "tochka-notes", "2.0")]
    assert found(shadowed, shadowing) == [("notes", "tochka-notes", "1.0")]


def test_nothing_is_imported(install, tmp_path, monkeypatch):
    site = install("bomb", "bomb = tochka_bomb")
    (tmp_path / "site" / "tochka_bomb.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(site)
    assert found(site) == [("bomb", "bomb", "1.0")]
    assert "tochka_bomb" not in sys.modules


def test_a_distribution_installed_while_we_run_is_found(install):
    site = install("one", "one = one")
    assert found(site) == [("one", "one", "1.0")]
    install("two", "two = two")
    assert [name for name, *_ in found(site)] == ["one", "two"]


@pytest.mark.parametrize(
    "files",
    [
        {"METADATA": ""},
        {"METADATA": "Version: 1\n"},
        {"METADATA": b"Name: odd\nVersion: 1\nSummary: \xff\xfe\n"},
        {"METADATA": b"\0\0\0"},
        {"METADATA": "Name: odd\nVersion: 1\nSummary: a nul \0 in it\n"},
        {"entry_points.txt": ""},
        {"entry_points.txt": b"\0\1\2"},
        {"entry_points.txt": "odd = odd.hooks"},
        {"entry_points.txt": "[tochka.modules]\nodd\n"},
        {"entry_points.txt": "[console_scripts]\n???\n[tochka.modules]\nodd = odd\n"},
        {"entry_points.txt": b"[tochka.modules]\nodd = \xff.hooks\n"},
        {"entry_points.txt": "[tochka.modules]\nodd =\n"},
        {"entry_points.txt": "[tochka.modules]\n= odd.hooks\n"},
    ],
    ids=lambda files: repr(files)[:60],
)
def test_odd_metadata_does_not_stop_the_others(install, files):
    site = install("odd", "odd = odd.hooks", files=files)
    install("good", "good = good.hooks")
    assert ("good", "good", "1.0") in found(site)


def test_a_distribution_without_metadata_is_passed_over(install, tmp_path):
    site = install("odd", "odd = odd.hooks")
    install("good", "good = good.hooks")
    (tmp_path / "site" / "odd-1.0.dist-info" / "METADATA").unlink()
    assert found(site) == [("good", "good", "1.0")]


@pytest.mark.parametrize(
    "files",
    [
        {"METADATA": "Version: 1\n"},
        {"METADATA": b"Name: odd\nVersion: 1\nSummary: \xff\n"},
        {"METADATA": "Name: odd\nVersion: 1\nSummary: a nul \0 in it\n"},
        {"entry_points.txt": b"[tochka.modules]\nodd = \xff.hooks\n"},
    ],
    ids=repr,
)
def test_what_is_passed_over_is_told_by_its_place(install, files, tmp_path):
    site = install("odd", "odd = odd.hooks", files=files)
    install("good", "good = good.hooks")
    told = []
    assert [item.name for item in discover([site], pass_over=told.append)] == ["good"]
    assert told == [tmp_path / "site" / "odd-1.0.dist-info"]


def test_a_folder_that_does_not_exist_holds_nothing(tmp_path):
    assert discover([str(tmp_path / "gone")]) == []

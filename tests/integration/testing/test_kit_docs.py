"""The module that the docs write passes the tests that the docs write, with the settings there."""

import re
from collections import defaultdict
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
SNIPPET = re.compile(
    r"^`(?P<path>\S+)`(?:, further on)?\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def read_files():
    """Return what the pages on writing and testing a module say are its files, by path."""
    files = defaultdict(str)
    for page in ("modules.md", "testing.md"):
        for snippet in SNIPPET.finditer((DOCS / page).read_text()):
            files[snippet["path"]] += snippet["text"] + "\n\n"
    return files


def test_what_the_docs_show_passes_at_once_on_two_processes(author):
    files = read_files()
    tests = {path: text for path, text in files.items() if path.startswith("tests/")}
    sources = {path: text for path, text in files.items() if path.startswith("tochka_bookmarks/")}
    author.install("bookmarks", {"tochka_bookmarks/__init__.py": "", **sources})
    project = files["pyproject.toml"] + 'filterwarnings = ["error"]\n'
    for path, text in {**tests, "pyproject.toml": project}.items():
        author.write(path, text)
    result = author.run_tests("-n", "2")
    shown = "".join(tests.values())
    result.assert_outcomes(passed=len(re.findall(r"^(?:async )?def test_", shown, re.MULTILINE)))

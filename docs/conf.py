"""How the documentation becomes a site: `nox -s docs`."""

import sys
import warnings
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
from docstrings import as_restructured_text

warnings.filterwarnings("ignore", "Unmanaged access of declarative attribute")

project = "Tochka Rosta"
release = version = version_of("tochka-rosta")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["conf.py", "index.md"]
root_doc = "site"
html_theme = "furo"
html_title = f"{project} {version}"
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"show-inheritance": True, "no-value": True}

ROOT = Path(__file__).parents[1]
STANDS_FOR = {
    "site": "docs/index.md",
    "readme": "README.md",
    "changelog": "CHANGELOG.md",
    "contacts": "contrib_modules/contacts/README.md",
    "deals": "contrib_modules/deals/README.md",
    "sms-gateway": "contrib_modules/sms_gateway/README.md",
    "tochka-webhooks": "contrib_modules/webhooks/README.md",
    "measurements": "tests/bench/README.md",
}
"""Pages whose text is that of a file elsewhere, which is read in the repository as it is."""

PAGE_OF = {
    "docs/": "",
    "../README.md": "readme.md",
    "../CHANGELOG.md": "changelog.md",
    "CHANGELOG.md": "changelog.md",
    "../contrib_modules/contacts/README.md": "contacts.md",
    "../contrib_modules/deals/README.md": "deals.md",
    "../contacts/README.md": "contacts.md",
    "../deals/README.md": "deals.md",
    "../contrib_modules/sms_gateway/README.md": "sms-gateway.md",
    "../contrib_modules/webhooks/README.md": "tochka-webhooks.md",
    "tests/bench/README.md": "measurements.md",
    "LICENSE": "../LICENSE",
    "index.md": "site.md",
}
"""Where links lead on the site, by how they begin in the repository."""


_SAID_IN_A_LINE = frozenset({"attribute", "data", "property"})
_COLON = "\ue000"
"""Stands for the colon in their first line, which napoleon would take for the end of a type."""


def _read_as_page(_app: Sphinx, name: str, text: list[str]) -> None:
    """Put a text that stands elsewhere into its page, and have links lead to pages."""
    if name in STANDS_FOR:
        text[0] = (ROOT / STANDS_FOR[name]).read_text() + text[0]
    for link, page in PAGE_OF.items():
        text[0] = text[0].replace(f"]({link}", f"]({page}")


def _read_docstring(  # the parameters are Sphinx's
    _app: Sphinx, what: str, _name: str, _of: object, _options: object, lines: list[str]
) -> None:
    lines[:] = as_restructured_text(lines)
    if what in _SAID_IN_A_LINE and lines:
        lines[0] = lines[0].replace(": ", _COLON)


def _put_colon_back(  # the parameters are Sphinx's
    _app: Sphinx, what: str, _name: str, _of: object, _options: object, lines: list[str]
) -> None:
    if what in _SAID_IN_A_LINE:
        lines[:] = [line.replace(_COLON, ": ") for line in lines]


def setup(app: Sphinx) -> None:
    """Build pages of what is read in the repository."""
    app.connect("source-read", _read_as_page)
    app.connect("autodoc-process-docstring", _read_docstring, priority=400)
    app.connect("autodoc-process-docstring", _put_colon_back, priority=600)

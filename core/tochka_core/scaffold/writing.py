"""Writing a new module's distribution."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.version import Version
from tochka_plugins.host.gating import NAME_RULE, RESERVED_NAMES

from tochka_core import __version__
from tochka_core.errors import OperatorError

TEMPLATE: Final = Path(__file__).parent / "template"

_TEXT: Final = re.compile(r"""[^"\\\x00-\x1f]{1,200}""")
_WORDS: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_IS_TEXT: Final = "has at most 200 characters, and neither quotes nor backslashes"
RULES: Final = {
    "title": (_TEXT, _IS_TEXT),
    "description": (_TEXT, _IS_TEXT),
    "thing": (_WORDS, f"must match {_WORDS.pattern}"),
}
"""What the answers may be, as they stand in source that is written."""


def write_module(name: str, folder: Path, answers: Mapping[str, str]) -> None:
    """Write the distribution of a module called *name* into *folder*, which is made for it.

    *answers* are those to the questions of the template that somebody wants to answer.

    Raises:
        OperatorError: no module may have this name, there is something in the folder, or what
            writes it is not installed.
    """
    if not NAME_RULE.fullmatch(name):
        raise OperatorError(f"A module's name must match {NAME_RULE.pattern}; {name!r} does not.")
    if name in RESERVED_NAMES:
        raise OperatorError(f"The name {name!r} is reserved for the platform.")
    for question, said in answers.items():
        rule, in_words = RULES[question]
        if not rule.fullmatch(said):
            raise OperatorError(f"--{question} {in_words}.")
    try:
        import copier  # noqa: PLC0415 - an extra, which only authors need
    except ImportError:
        raise OperatorError(
            "This needs the extra author: pip install 'tochka-rosta[author]'."
        ) from None
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OperatorError(f"{folder} is there already; choose another with --folder.")
    data = {**answers, "name": name, "core": _fitting_core()}
    try:
        copier.run_copy(str(TEMPLATE), folder, data=data, defaults=True, quiet=True)
    except OSError as error:
        raise OperatorError(f"{folder} cannot be written: {error.strerror}.") from error


def _fitting_core() -> str:
    """Return the versions that keep to the contract of this one."""
    release = Version(__version__)
    ends_at = f"0.{release.minor + 1}" if release.major == 0 else f"{release.major + 1}"
    return f">={release.major}.{release.minor},<{ends_at}"

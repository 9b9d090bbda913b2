"""What the extra `check` brings, which a platform that only serves does not need."""

import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from tochka_core.errors import OperatorError


def squawk() -> Path:
    """Return the linter of SQL, which lies beside the interpreter's other scripts."""
    return Path(sysconfig.get_path("scripts"), f"squawk{'.exe' if sys.platform == 'win32' else ''}")


def require_tools() -> None:
    """Make sure that everything is there.

    Raises:
        OperatorError: the extra is not installed.
    """
    lacking = [] if find_spec("schemathesis") else ["schemathesis"]
    lacking += [] if squawk().exists() else ["squawk-cli"]
    if lacking:
        raise OperatorError(
            f"This needs {' and '.join(lacking)}; add what is missing with:"
            " pip install 'tochka-rosta[check]'"
        )

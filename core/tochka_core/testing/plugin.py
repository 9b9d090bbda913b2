"""What pytest is told: the fixtures of docs/testing.md.

It is loaded in every session of an environment that has the platform in it: what makes the fixtures
is imported when a test asks for one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tochka_core.errors import OperatorError

if TYPE_CHECKING:
    from tochka_plugins.testing import Tochka

    from tochka_core.testing.stage import Stage


_KNOWN_WARNING = (
    "ignore:The declarative_mixin decorator was used only by the now removed mypy plugin"
)
"""advanced-alchemy 1.12 still uses what SQLAlchemy 2.1 deprecates: no author can mend it."""


def pytest_configure(config: pytest.Config) -> None:
    """Leave out a warning of which every module that is imported brings ten."""
    config.addinivalue_line("filterwarnings", _KNOWN_WARNING)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the author name the modules under test."""
    told = "Modules of Tochka Rosta under test; unless told those that pyproject.toml declares."
    parser.addini("tochka_modules", told, type="args")


@pytest.fixture(scope="session")
def tochka_environ() -> Mapping[str, str]:
    """Return settings of the platform, as variables of the environment; override it to set some."""
    return {}


@pytest.fixture(scope="session")
def _tochka_stage(
    pytestconfig: pytest.Config, tochka_environ: Mapping[str, str]
) -> "Iterator[Stage]":
    """Run the application, which all tests of the session share."""
    with _failures_in_one_line():
        from tochka_core.testing.choosing import name_modules  # noqa: PLC0415 - see above
        from tochka_core.testing.stage import running_stage  # noqa: PLC0415 - see above

        names = pytestconfig.getini("tochka_modules") or name_modules(pytestconfig.rootpath)
        with running_stage(names, tochka_environ) as stage:
            yield stage


@pytest.fixture
def tochka(_tochka_stage: "Stage") -> "Iterator[Tochka]":
    """Return the platform, clean; see `tochka_plugins.testing.Tochka`."""
    with _failures_in_one_line():
        from tochka_core.testing.platform import StagedPlatform  # noqa: PLC0415 - see above

        _tochka_stage.clean()
        platform = StagedPlatform(_tochka_stage)
        yield platform
        platform.restore()


@contextmanager
def _failures_in_one_line() -> Iterator[None]:
    """Say what the author can mend without a traceback through our code."""
    try:
        yield
    except ModuleNotFoundError as error:
        pytest.fail(f"{error}: pip install 'tochka-rosta[testing]'", pytrace=False)
    except OperatorError as error:
        pytest.fail(str(error), pytrace=False)

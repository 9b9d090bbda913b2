"""Everything that is checked before a change lands: `nox`, or one part: `nox -s unit`."""

import os
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import nox
from nox import Session
from packaging.requirements import Requirement

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = [
    "lint",
    "types",
    "imports",
    "docs",
    "unit",
    "integration",
    "pooler",
    "e2e",
    "lowest",
]

ENVIRONMENT = {"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": None}
"""Keeps the checkout's folder off sys.path: `core.tochka_core` must not be importable.

And lets each of the many processes that tests start find compiled what the one before has compiled.
"""

OUR_PROCESSES = (
    "tests/integration/embedded",
    "tests/integration/server",
    "tests/integration/commands",
    "tests/integration/test_trial.py",
)
"""How our own processes start, share their work and end, which no library's version decides.

What commands say is tested in the process of the tests as well, in the files beside these.
"""

AT_ONCE = ("-n", "4", "--dist", "worksteal")
"""Twice the cores that we plan for, as a test that waits for a process needs none; and who has none
left takes from the others, as a few tests take as long as a hundred."""

CONFORMANCE = "tests/integration/platform/test_conformance.py"
"""What schemathesis finds, which takes as long as a hundred others."""

NO_POOLER = (
    CONFORMANCE,
    "tests/integration/platform/test_hostile_tokens.py",
    "tests/integration/platform/test_log_hygiene.py",
)
"""What answers and log lines look like, which does not depend on how the database is reached."""

THOROUGH = (
    CONFORMANCE,
    "tests/integration/platform/test_leak_hunt.py",
    "tests/integration/tenants/test_hostile_archives.py",
    "tests/integration/test_calls.py",
    "tests/integration/testing/test_kit_docs.py",
)
"""What looks at one thing from all sides, where other tests use the same of every library; and what
counts how much is run of the locked ones."""

LOCK = "locks/dev.txt"
BENCH_LOCK = "locks/bench.txt"
SITE = "site"
MODULES = tuple(str(folder) for folder in sorted(Path("contrib_modules").iterdir()))
EDITABLE = tuple(word for folder in (".", *MODULES) for word in ("-e", folder))


locked_session = partial(nox.session, venv_backend="none", requires=["project"])
"""For what is checked on the locked versions: they are installed once, where nox runs."""


def run(session: Session, program: str, *arguments: str) -> None:
    """Run a program of the environment in which nox runs."""
    session.run(str(Path(sys.executable).with_name(program)), *arguments, env=ENVIRONMENT)


@nox.session(venv_backend="none")
def project(session: Session) -> None:
    """Install the project and its modules as they are here, on the locked versions of the rest."""
    run(session, "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", LOCK)
    run(session, "python", "-m", "pip", "install", "--quiet", "--no-deps", *EDITABLE)


@locked_session()
def lint(session: Session) -> None:
    """Look for mistakes and for code that is not formatted."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@locked_session()
def types(session: Session) -> None:
    """Check the types of all packages, strictly; and that the lock fits the project."""
    run(session, "mypy")
    run(session, "python", "-m", "pip", "check")


@locked_session()
def imports(session: Session) -> None:
    """Hold the one direction of imports: core, migrations, plugins, and modules beside them."""
    run(session, "lint-imports")


@locked_session()
def docs(session: Session) -> None:
    """Build the site of the documentation into `site`, and see that nothing is left out of it."""
    options = ("--quiet", "--fail-on-warning", "--keep-going", "--fresh-env")
    run(session, "sphinx-build", *options, "docs", SITE)
    run(session, "pytest", "tests/docs", *session.posargs)


@locked_session()
def unit(session: Session) -> None:
    """Test decisions without a database."""
    run(session, "pytest", *AT_ONCE, "tests/unit", *session.posargs)


@locked_session()
def integration(session: Session) -> None:
    """Test the platform and its modules on a real PostgreSQL."""
    run(session, "pytest", *AT_ONCE, "tests/integration", *session.posargs)
    for module in MODULES:
        # Few tests each: more processes would take longer to begin than they save.
        run(session, "pytest", "-n", "2", f"{module}/tests", *session.posargs)


@locked_session()
def e2e(session: Session) -> None:
    """Build wheels, good and bad, install them with pip in a fresh environment, and talk HTTP."""
    # The longest first: so they stand, and by their numbers of tests they would not.
    options = (*AT_ONCE, "--dist", "loadfile", "--no-loadscope-reorder", *session.posargs)
    run(session, "pytest", *options, "tests/contract", "tests/e2e")


@locked_session()
def pooler(session: Session) -> None:
    """Test requests through a real PgBouncer in transaction mode, where it is installed."""
    if shutil.which("pgbouncer", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"])) is None:
        session.skip("PgBouncer is not installed; Debian has it as pgbouncer")
    tests = ("tests/integration/platform", "tests/integration/test_scope.py", *_but(NO_POOLER))
    run(session, "pytest", *AT_ONCE, "--pooler", *tests, *session.posargs)


@nox.session
def bench(session: Session) -> None:
    """Measure what we claim about speed; see tests/bench/README.md."""
    session.install("--require-hashes", "-r", BENCH_LOCK)
    # Not editable: what may change at any time is judged at each start.
    session.install("--no-deps", ".", "contrib_modules/contacts")
    environment = {**ENVIRONMENT, "PYTHONPATH": "tests/bench"}
    session.run("python", "-m", "speed", *session.posargs, env=environment)
    if session.posargs:
        return
    session.run("python", "tests/bench/upgrade.py", env=environment)
    session.run("python", "tests/bench/tenants.py", env=environment)
    session.run("python", "tests/bench/gate.py", env=environment)
    session.run("python", "tests/bench/entitlements.py", env=environment)
    session.run("python", "tests/bench/refusals.py", env=environment)
    session.run("python", "tests/bench/tries.py", env=environment)
    session.run("python", "tests/bench/sign_in.py", env=environment)
    session.run("python", "tests/bench/tenant_archive.py", env=environment)
    session.run("python", "tests/bench/cleaning.py", env=environment)


@nox.session
def lowest(session: Session) -> None:
    """Run the tests on the lowest versions that the project claims to work with."""
    project = tomllib.loads(Path("pyproject.toml").read_text())
    declared = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["check"],
        *project["project"]["optional-dependencies"]["embedded"],
        *project["project"]["optional-dependencies"]["testing"],
    ]
    session.install(*(_lowest(line) for line in declared))
    session.install("--group", "test")
    session.install("--no-deps", *EDITABLE)
    session.run("pip", "check")
    tests = ("tests/unit", "tests/integration", *_but((*OUR_PROCESSES, *THOROUGH)))
    session.run("pytest", *AT_ONCE, *tests, env=ENVIRONMENT)


def _but(paths: Iterable[str]) -> Iterator[str]:
    """Yield what makes pytest leave out *paths*."""
    return (f"--ignore={path}" for path in paths)


def _lowest(line: str) -> str:
    """Return a requirement pinned to its lower bound."""
    requirement = Requirement(line)
    bound = next(item.version for item in requirement.specifier if item.operator == ">=")
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    return f"{requirement.name}{extras}=={bound}"


@nox.session
def lock(session: Session) -> None:
    """Write the lock files anew, for all platforms and Python versions."""
    session.install("uv")
    arguments = "pip compile --universal --generate-hashes --no-header --no-annotate --upgrade"
    python = ("--python-version", "3.11")
    compile_ = ("uv", *arguments.split(), *python, "--quiet", "pyproject.toml")
    session.run(*compile_, "--extra", "embedded", "-o", "locks/runtime.txt")
    everything = ("--extra", "check", "--extra", "embedded", "--group", "dev")
    session.run(*compile_, *everything, "-o", LOCK, "-c", "locks/runtime.txt")
    session.run(*compile_, *everything, "--group", "bench", "-o", BENCH_LOCK, "-c", LOCK)

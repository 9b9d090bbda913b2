"""Hooks of modules that misbehave where and when a test wants it.

The environment's `PLACE` is the folder in which the test and the module leave files for each other.
"""

START = """
import multiprocessing, os, time
from pathlib import Path
from litestar import get
from tochka_plugins import ANY_MEMBER, hookimpl

PLACE = Path(os.environ["PLACE"])
IS_WORKER = multiprocessing.parent_process() is not None

@get("/", opt=ANY_MEMBER)
async def read() -> str:
    return "served"

@hookimpl
def tochka_routes():
    return [read]
"""

PRINTS_AT_IMPORT = START + "print('hello')\n"

ENDS_AT_IMPORT = START + "os._exit(7)\n"

HANGS_AT_IMPORT = (
    START
    + """
if (PLACE / "hang").exists():
    (PLACE / "hangs").touch()
    while True:
        pass
"""
)

WAITS_AT_IMPORT = (
    START
    + """
while (PLACE / "hang").exists():
    (PLACE / "hangs").touch()
"""
)

ENDS_WORKERS = (
    START
    + """
if IS_WORKER and (PLACE / "break").exists():
    os._exit(3)
"""
)

HANGS_IN_WORKERS = (
    START
    + """
if IS_WORKER:
    (PLACE / "hangs").touch()
    while True:
        pass
"""
)

FAILS_IN_WORKERS = (
    START
    + """
if IS_WORKER:
    raise RuntimeError("not in a worker")
"""
)

LEAVES_A_THREAD = (
    START
    + """
import threading
threading.Thread(target=threading.Event().wait).start()
"""
)

MIGRATES = (
    START
    + """
@hookimpl
def tochka_migrations():
    return Path(__file__).parent / "migrations"
"""
)

HANGING_REVISION = """
import os
from pathlib import Path
from alembic import op

revision = "1"
down_revision = None

def upgrade():
    Path(os.environ["PLACE"], "hangs").touch()
    op.execute("SELECT pg_sleep(600)")
"""

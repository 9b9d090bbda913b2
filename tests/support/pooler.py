"""A real PgBouncer in transaction mode before the test server."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager

from tochka_core.db.embedded.account import choose_account

PORT = 6432  # names a socket in a folder of its own, no port of the machine

CONFIGURATION = """\
[databases]
* = host={sockets} user={user} password={password}

[pgbouncer]
pool_mode = transaction
auth_type = any
unix_socket_dir = {folder}
listen_port = {port}
default_pool_size = 3
max_client_conn = 500
server_reset_query =
"""
"""As Debian's, but for the mode, and with so few connections that clients do meet on them."""


def find_pgbouncer():
    """Return the program, `None` where it is not installed; Debian's is off a user's PATH."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))


@contextmanager
def running_pgbouncer(server_url, folder):
    """Yield the address of a PgBouncer before *server_url*; any database may be named in it."""
    program = find_pgbouncer()
    assert program is not None, "PgBouncer is not installed; Debian has it as pgbouncer"
    folder.chmod(0o777)
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(
        CONFIGURATION.format(
            sockets=server_url.query["host"],
            user=server_url.username,
            password=server_url.password,
            folder=folder,
            port=PORT,
        )
    )
    account = choose_account()
    switch = {"user": account.uid, "group": account.gid} if account.is_other else {}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, configuration], stderr=log, **switch)
    try:
        while not (folder / f".s.PGSQL.{PORT}").exists():
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.01)
        query = {"host": str(folder), "port": str(PORT)}
        yield server_url.set(query=query)
    finally:
        process.terminate()
        process.wait()

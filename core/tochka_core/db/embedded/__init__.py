"""A private PostgreSQL for a machine where nobody has set `DATABASE_URL`.

    server      who needs the database: start or join it, leave or stop it
    ├── folder      the data folder: is it ours, what lies where in it
    ├── lease       who uses the server, and whose turn it is to start or stop it
    ├── account     the operating system's account that the server runs as
    ├── programs    where PostgreSQL's programs are
    ├── cluster     the database files: made once, never half
    ├── sockets     the folder of the server's socket
    ├── postmaster  the server process: start it, find it, stop it
    ├── proof       is this process really the server of this folder
    └── bootstrap   the role and the database of the application

POSIX only: elsewhere entering `embedded_postgres` raises an `OperatorError`.
"""

from tochka_core.db.embedded.folder import has_cluster
from tochka_core.db.embedded.server import embedded_postgres, revive_postgres, shared_postgres

__all__ = [
    "embedded_postgres",
    "has_cluster",
    "revive_postgres",
    "shared_postgres",
]

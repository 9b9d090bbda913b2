"""Where the data go when nobody says where."""

import os
import sys
from pathlib import Path

import platformdirs


def default_data_dir() -> Path:
    """Return where the data go when `TOCHKA_DATA_DIR` is unset.

    Root's own home is closed to the account that runs the server, so root gets `/var/lib`.
    """
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/tochka-rosta")
    return Path(platformdirs.user_data_dir("tochka-rosta", appauthor=False))

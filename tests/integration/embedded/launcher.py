"""A second process that uses a private server: says its URL, leaves when its input ends."""

import json
import sys
from pathlib import Path

from tochka_core.db.embedded import embedded_postgres
from tochka_core.errors import OperatorError

if __name__ == "__main__":
    data_dir, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        with embedded_postgres(data_dir, options=options) as url:
            print(url, flush=True)
            sys.stdin.read()
    except OperatorError as error:
        sys.exit(str(error))

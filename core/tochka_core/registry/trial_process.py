"""The process in which modules are judged: `python -m tochka_core.registry.trial_process FD`.

It reads from standard input what is asked for, and writes events to FD, a line each.
Standard output and error stay free for what modules print.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from tochka_core.errors import OperatorError
from tochka_core.logs import configure_logging
from tochka_core.registry.events import Event, Failed, Instructions, Judged
from tochka_core.registry.judgement import judge
from tochka_core.settings import load_settings


def main() -> None:
    """Judge, tell, and end before a thread that a module has left behind can keep us."""
    descriptor = int(sys.argv[1])
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Instructions)
    settings = load_settings(os.environ, env_file=Path(".env"))
    configure_logging(settings.log_level)

    def tell(event: Event) -> None:
        os.write(descriptor, msgspec.json.encode(event) + b"\n")

    try:
        judgement = asyncio.run(
            judge(settings, set_aside=asked.set_aside, rehearse=asked.rehearse, tell=tell)
        )
        tell(Judged(judgement))
    except OperatorError as error:
        tell(Failed(str(error)))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

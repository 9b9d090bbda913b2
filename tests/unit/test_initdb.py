"""What is told when initdb fails: its reason, not its last words."""

import pytest
from tochka_core.db.embedded.cluster import _reason

FULL = """\
2026-11-24 20:45:57.271 GMT [123] FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left
child process exited with exit code 1
initdb: removing data directory "/srv/data/postgres.new.x/cluster"
"""
NO_SPACE = """\
initdb: error: could not create directory "/srv/data/base/5": No space left on device
initdb: removing contents of data directory "/srv/data"
"""
BY_THE_SHELL = """\
sh: 1: cannot create /dev/null: Permission denied
initdb: removing data directory "/srv/data/postgres.new.x/cluster"
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (FULL, "No space left"),
        (NO_SPACE, "No space left"),
        (BY_THE_SHELL, "cannot create /dev/null: Permission denied"),
        ("one\nlast\n", "one; last"),
        ("\n", "it says nothing"),
    ],
)
def test_the_reason_is_told(said, told):
    assert told in _reason(said)
    assert "\n" not in _reason(said)

"""A server is up once nothing that is left of the one before can end it any more."""

import getpass
import os

import pytest
from tochka_core.db.embedded.account import Account
from tochka_core.db.embedded.folder import claim_folder
from tochka_core.db.embedded.postmaster import start_server
from tochka_core.errors import OperatorError

# Called as the real one is: postgres -D FOLDER -c ..., and named like it, which is looked at.
SERVER = """#!/bin/sh
cd "$2"
echo start >> starts
printf '%s\\n' $$ "$2" $(date +%s) 5432 /tmp '' > postmaster.pid
{what_follows}
"""
MEETS_REMAINS = """
sleep 0.5
rm postmaster.pid
echo 'FATAL:  pre-existing shared memory block is still in use'
exit 1
"""
TAKES_ITS_MEMORY = """
printf '%s\\n' key ready >> postmaster.pid
while :; do sleep 0.1; done
"""


@pytest.fixture
def start(data_dir):
    folder = claim_folder(data_dir)
    folder.cluster.mkdir()
    postgres = data_dir / "postgres.program" / "postgres"
    postgres.parent.mkdir()
    account = Account(getpass.getuser(), os.geteuid(), os.getegid())

    def call(what_follows):
        postgres.write_text(SERVER.format(what_follows=what_follows))
        postgres.chmod(0o700)
        start_server(folder, postgres, account, socket_folder=data_dir, options={})
        return (folder.cluster / "starts").read_text().splitlines()

    return call


def test_a_server_that_meets_remains_after_noting_its_number_is_started_again(start):
    starts = start(f"if [ $(wc -l < starts) -lt 3 ]; then {MEETS_REMAINS} fi; {TAKES_ITS_MEMORY}")
    assert len(starts) == 3


def test_a_server_that_ends_for_another_reason_after_noting_its_number_is_not(start):
    with pytest.raises(OperatorError, match="did not start: FATAL:  out of memory"):
        start("sleep 0.2; rm postmaster.pid; echo 'FATAL:  out of memory'; exit 1")

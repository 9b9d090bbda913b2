"""The secrets that come with the private database."""

import os
from contextlib import contextmanager

import pytest
from tochka_core.local import lend_database, running_database
from tochka_core.settings import Settings, load_settings

LENT = ("DATABASE_URL", "JWT_SECRET", "TOCHKA_ENCRYPTION_KEYS", "TOCHKA_LOG_MESSAGES")


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A data folder, with a private database that nobody has to start."""

    @contextmanager
    def pretend(_folder, **_options):
        yield "postgresql://tochka@/tochka"

    monkeypatch.setattr("tochka_core.db.embedded.embedded_postgres", pretend)
    for variable in (*LENT, "_TOCHKA_LENT_DATA_DIR"):
        monkeypatch.setenv(variable, "")  # so that what is lent is taken back
    return tmp_path


def secrets_in(folder, **given):
    with running_database(Settings(data_dir=folder, **given)) as running:
        return running


def test_it_brings_secrets_that_stay_the_same_and_nobody_else_can_read(folder):
    first, second = secrets_in(folder), secrets_in(folder)
    assert first == second
    assert len(first.encryption_ring) == 1
    assert first.encryption_keys != first.jwt_secret
    for name in ("jwt_secret", "encryption_keys"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600


def test_what_the_operator_has_set_wins(folder):
    assert secrets_in(folder, encryption_keys="ab" * 32).encryption_keys == "ab" * 32


def test_children_are_lent_the_secrets_too(folder):
    running = secrets_in(folder)
    lend_database(running)
    lent = load_settings({name: os.environ[name] for name in LENT})
    assert lent.encryption_keys == running.encryption_keys
    assert lent.jwt_secret == running.jwt_secret


@pytest.mark.parametrize(("given", "effective"), [(None, True), (True, True), (False, False)])
def test_messages_go_to_the_log_unless_the_operator_says_otherwise(folder, given, effective):
    running = secrets_in(folder, log_messages=given)
    lend_database(running)
    lent = load_settings({name: os.environ[name] for name in LENT})
    assert running.log_messages is lent.log_messages is effective

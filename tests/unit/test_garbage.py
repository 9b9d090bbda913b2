"""What stays is not looked through for garbage."""

import gc

import pytest
from tochka_core.garbage import load_much, serve_long


@pytest.fixture(autouse=True)
def as_before():
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_is_there_before_the_first_request_is_left_alone():
    held = [[]]
    assert any(item is held for item in gc.get_objects())
    serve_long()
    assert not any(item is held for item in gc.get_objects())


def test_the_collector_looks_less_often_while_much_is_loaded_than_in_between():
    usual = gc.get_threshold()[0]
    serve_long()
    serving = gc.get_threshold()[0]
    load_much()
    assert usual < serving < gc.get_threshold()[0]

"""The gate at which workers wait for what they are to load."""

from concurrent.futures import ThreadPoolExecutor, wait

from tochka_core.server.gate import Gate, wait_at


def test_all_who_wait_go_through_when_it_opens_and_so_do_those_who_come_later():
    gate = Gate()
    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(wait_at, gate.entrance) for _ in range(3)]
        gate.open()
        done, _ = wait(waiting, timeout=60)
    assert len(done) == 3
    wait_at(gate.entrance)


def test_it_is_shut_until_then():
    gate = Gate()
    assert not gate.entrance.poll()
    gate.open()
    assert gate.entrance.poll()

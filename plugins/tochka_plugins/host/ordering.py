"""Putting modules in order: what one needs, and what it wishes for, comes before it."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter


def in_order(
    needs: Mapping[str, frozenset[str]], wishes: Mapping[str, frozenset[str]]
) -> tuple[list[str], list[Sequence[str]]]:
    """Return the names in *needs*, dependencies first, ties by name; and the cycles among them.

    Names in a cycle are left out. A wish that would close a cycle is not granted.
    """
    remaining = dict.fromkeys(sorted(needs))
    granted = {name: set(wishes.get(name, ())) for name in remaining}
    cycles: list[Sequence[str]] = []
    while True:
        sorter = TopologicalSorter(
            {name: (needs[name] | granted[name]) & remaining.keys() for name in remaining}
        )
        try:
            sorter.prepare()
        except CycleError as error:
            cycle = list(dict.fromkeys(error.args[1]))
            if not _withdraw(granted, cycle):
                cycles.append(cycle)
                for name in cycle:
                    del remaining[name]
            continue
        order: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            order.extend(ready)
            sorter.done(*ready)
        return order, cycles


def _withdraw(granted: dict[str, set[str]], cycle: Sequence[str]) -> bool:
    """Withdraw the wishes inside *cycle*; tell whether there were any."""
    withdrawn = False
    for name in cycle:
        withdrawn |= bool(granted[name] & set(cycle))
        granted[name] -= set(cycle)
    return withdrawn

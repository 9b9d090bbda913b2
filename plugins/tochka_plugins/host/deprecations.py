"""Noting which deprecated parts of the contract a module uses."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tochka_plugins.deprecation import DeprecatedContract


@contextmanager
def deprecations_noted(noted: list[str]) -> Iterator[None]:
    """Add to *noted* what code in the block uses; other warnings go where they always go."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecatedContract)
        yield
    for warning in caught:
        if not issubclass(warning.category, DeprecatedContract):
            warnings.showwarning(
                warning.message, warning.category, warning.filename, warning.lineno
            )
        elif str(warning.message) not in noted:
            noted.append(str(warning.message))

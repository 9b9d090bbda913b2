"""Checks that tell whether a module can do its work."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from tochka_plugins.context import Platform

HealthCheck: TypeAlias = Callable[[Platform], Awaitable[None]]
"""A coroutine function that returns where all is well, and raises where it is not."""

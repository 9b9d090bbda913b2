"""What the tests of a module use: see docs/testing.md.

callers     clients that know who asks
platform    what every platform under test can do: make tenants, people, API keys
├── tochka      the fixture `tochka`: the application in the process of the tests
└── running     `running_platform`: `tochka serve` in a process of its own
failure     why a test cannot go on
"""

from tochka_plugins.testing.callers import Caller
from tochka_plugins.testing.failure import PlatformFailure
from tochka_plugins.testing.platform import PlatformUnderTest
from tochka_plugins.testing.running import RunningPlatform, running_platform
from tochka_plugins.testing.tochka import Clock, Tochka

__all__ = [
    "Caller",
    "Clock",
    "PlatformFailure",
    "PlatformUnderTest",
    "RunningPlatform",
    "Tochka",
    "running_platform",
]

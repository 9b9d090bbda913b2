"""Why a test cannot go on."""


class PlatformFailure(AssertionError):
    """The platform did not start, has ended, or refused; the message says why."""

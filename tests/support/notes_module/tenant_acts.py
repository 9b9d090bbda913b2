"""What a test wants done when the module is told of a tenant: a coroutine function by event."""

ACTS = {}

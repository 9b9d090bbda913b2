"""What a test wants done when the module is told of something: a coroutine function by event."""

ACTS = {}

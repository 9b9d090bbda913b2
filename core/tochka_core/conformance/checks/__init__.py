"""A check is a coroutine function that gets a `Bench` and returns a `Verdict`."""

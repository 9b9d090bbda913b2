"""How often something may be tried, counted in the database by all workers together.

A feature declares its `Allowance` beside what it allows, and counts before it looks:

    CODES = Allowance(name="code.phone", free_tries=5, first_delay_seconds=60, ...)

    tries = (CODES, phone), (CODES_BY_ADDRESS, counted_address(client.address))
    async with counter.counted(*tries):
        is_right = ...  # It may take its time: no transaction is open.
    if is_right:
        await counter.succeed(session, *tries)  # Together with what the success changes.
"""

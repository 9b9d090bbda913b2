"""How often something may be tried, counted in the database by all workers together.

A feature declares its `Allowance` beside what it allows, and asks before it looks at what is tried:

    CODES = Allowance(name="code.phone", free_tries=5, first_delay_seconds=60, ...)

    await counter.take((CODES, phone), (CODES_BY_ADDRESS, counted_address(address)))
    ...                                                       # no transaction is open meanwhile
    await counter.succeed(session, (CODES, phone), ...)       # where it was right
"""

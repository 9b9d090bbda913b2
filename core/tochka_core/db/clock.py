"""What decisions in the database compare with."""

from datetime import datetime

from sqlalchemy import Function, func


def clock() -> Function[datetime]:
    """Return an expression for the present moment: the beginning of the transaction.

    Python's is `datetime.now(UTC)`; there is no third.
    """
    return func.tochka.clock()

"""What a pepper is called in the hashes that need it."""

import hashlib
from functools import cache
from typing import Final

_NAME_BYTES: Final = 4

_PLACE: Final = b"name of a password pepper"


@cache
def name_of_pepper(pepper: bytes) -> str:
    """Return the name that stands in each hash made with *pepper*: eight hexadecimal digits.

    It is worked out of the pepper, so that it never means two, and slowly: who reads the hashes and
    guesses at a short pepper pays as much for a try by its name as by a password that they know.
    The numbers are those of OWASP's Password Storage Cheat Sheet; it takes about a quarter of a
    second, once in a process.
    """
    name = hashlib.scrypt(pepper, salt=_PLACE, n=2**15, r=8, p=3, maxmem=2**26, dklen=_NAME_BYTES)
    return name.hex()

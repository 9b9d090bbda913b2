"""How numbers are told to a person."""


def counted(number: int, thing: str) -> str:
    """Return `1 secret` or `2 secrets`; the plural of *thing* is made with an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"

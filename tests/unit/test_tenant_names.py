"""Names of tenants."""

from tochka_plugins import InvalidInput

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def is_label(text):
    """Tell whether *text* is a DNS label (RFC 1123, 2.1) as we write them: in lower case."""
    return (
        1 <= len(text) <= 63
        and set(text) <= set(LETTERS + DIGITS + "-")
        and not text.startswith("-")
        and not text.endswith("-")
    )


def may_be_name(text):
    return is_label(text) and len(text) >= 2 and text[0] in LETTERS


def accepts(check, text):
    try:
        check(text)
    except InvalidInput:
        return False
    return True

"""What is said of a setting that is wrong, and how several values stand in one."""

from msgspec import inspect

from tochka_core.errors import ConfigurationError


def refusal(variable: str, value: str, expected: str) -> ConfigurationError:
    """Return what to raise where *variable* has *value*, which is no secret and not *expected*."""
    return ConfigurationError(f"{variable}: {value!r} is not {expected}.")


def items_of(text: str, *, variable: str) -> list[str]:
    """Return what stands in *text* by comma, without what is empty.

    Raises:
        ConfigurationError: all of it is, and *text* is not.
    """
    items = [item for item in map(str.strip, text.split(",")) if item]
    if text and not items:
        raise ConfigurationError(f"{variable} has commas and nothing between them.")
    return items


def expected_by(kind: inspect.Type) -> str:
    """Return what a value of *kind* has to be."""
    match kind:
        case inspect.UnionType(types=types):
            return expected_by(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.LiteralType(values=values):
            return f"one of: {', '.join(map(str, values))}"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=least, le=most):
            return f"a whole number {_from(least, most)}"
        case inspect.FloatType(gt=bound, le=most):
            return f"a number above {bound:g}, {most:g} at most"
        case _:
            return "a path that can be understood"


def _from(least: int | None, most: int | None) -> str:
    return f"from {least} to {most}" if most is not None else f"of {least} or more"

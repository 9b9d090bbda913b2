"""How our docstrings, which are Markdown to who reads the source, become reStructuredText."""

import re
from collections.abc import Iterator
from typing import Final

FACT: Final = re.compile(r"(Runs|Returns|Raises): (?=\S)")
"""Begins a fact about a hook, which ends with the next one."""

CODE: Final = " " * 4
"""Begins a line of an example, after an empty one."""

NAME: Final = re.compile(r"(?<![`:])`([^`]+)`(?![`_])")


def as_restructured_text(lines: list[str]) -> list[str]:
    """Return a docstring with its facts as fields, its examples as code, and its names as literals.

    Sections of names, such as `Raises:` alone on a line, are left for napoleon.
    """
    return [*_with_code([*_with_fields(lines)])]


def _with_fields(lines: list[str]) -> Iterator[str]:
    is_within = False
    for line in lines:
        fact = FACT.match(line)
        is_within = bool(fact) or (is_within and bool(line))
        if fact:
            yield f":{fact[1]}: {line[fact.end() :]}"
        else:
            yield f"   {line}" if is_within else line


def _with_code(lines: list[str]) -> Iterator[str]:
    is_code = is_after_gap = False
    for line in lines:
        if line:
            was_code = is_code
            is_code = line.startswith(CODE) and (is_code or is_after_gap)
            if is_code and not was_code:
                yield from ("::", "")
        yield line if is_code else NAME.sub(r"``\1``", line)
        is_after_gap = not line

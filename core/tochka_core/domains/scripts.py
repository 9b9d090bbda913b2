"""Which domain names deceive the eye: a label that mixes scripts, or that reads as Latin.

Python does not know the script of a character, but its Unicode name begins with it. UTS 39 calls
what is allowed here highly restrictive; the letters that look like Latin ones are those by which
browsers decide to show `xn--…` instead.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
)
"""Scripts that one language writes in one word; Latin letters stand out among them."""

_SCRIPT_OF: Final = {"IDEOGRAPHIC": "CJK", "EXTENDED": "ARABIC"}
"""Where the first word of a name is not the script: `々` and Persian digits."""

_EVERYBODYS: Final = frozenset({"COMBINING", "DIGIT", "HYPHEN", "MIDDLE", "ZERO"})
"""First words of what any script may use: accents, `0` to `9`, `-`, `·` and joiners."""

_LIKE_LATIN: Final = {
    "CYRILLIC": frozenset("асԁеһіјӏорԛѕԝхуъьҽпгѵѡ"),
    "GREEK": frozenset("αικνρυωηοτ"),
}


def may_deceive(domain: str) -> bool:
    """Tell whether a person is likely to take *domain*, in Unicode, for another one."""
    labels = domain.split(".")
    own = _scripts(labels[-1])
    return any(_mixes_scripts(label) or _passes_for_latin(label, own) for label in labels)


def _mixes_scripts(label: str) -> bool:
    scripts = _scripts(label)
    return len(scripts) > 1 and not any(scripts <= allowed for allowed in _TOGETHER)


def _passes_for_latin(label: str, own: frozenset[str]) -> bool:
    """Tell whether all letters of *label* look like Latin ones, where readers do not expect others.

    Below a top-level domain in the same script, such as `.рф`, they do.
    """
    letters = {character for character in label if character.isalpha()}
    return any(
        letters and letters <= alike for script, alike in _LIKE_LATIN.items() if script not in own
    )


def _scripts(label: str) -> frozenset[str]:
    return frozenset(_find_scripts(label))


def _find_scripts(label: str) -> Iterator[str]:
    """Yield the script of each character that has one of its own."""
    for character in label:
        word = re.split("[ -]", unicodedata.name(character, "UNNAMED"))[0]
        if word not in _EVERYBODYS:
            yield _SCRIPT_OF.get(word, word)

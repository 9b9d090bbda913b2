"""The texts of messages, in each language that an installation may choose.

There are few and they have no plurals, so that a catalogue for gettext would be more than they are.
Each fits into one SMS: 70 characters where one of them is Cyrillic.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from tochka_core.settings import Language


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """What is said in one language; `{code}` stands for a code of six digits."""

    reset_code: str
    """To who has forgotten their password."""
    register_code: str
    """To who registers."""
    registered_already: str
    """To who is registered, when somebody registers their phone."""
    changed: str
    """To whose password has become another."""
    second_factor_set_up: str
    """To who is asked for codes of an app from now on."""
    second_factor_removed: str
    """To who is asked for them no more."""


TEXTS: Final[Mapping[Language, Texts]] = {
    "ru": Texts(
        reset_code="Код для нового пароля: {code}. Никому его не сообщайте.",
        register_code="Код для регистрации: {code}. Никому его не сообщайте.",
        registered_already="Вы уже зарегистрированы. Войдите или восстановите пароль.",
        changed="Ваш пароль изменён. Если это были не вы, восстановите его.",
        second_factor_set_up="Вход теперь с кодом приложения. Если это не вы, смените пароль.",
        second_factor_removed="Вход теперь без кода приложения. Если это не вы, смените пароль.",
    ),
    "en": Texts(
        reset_code="Code for a new password: {code}. Tell it to nobody.",
        register_code="Code to register: {code}. Tell it to nobody.",
        registered_already="You are registered already. Sign in, or reset your password.",
        changed="Your password has been changed. If it was not you, reset it.",
        second_factor_set_up="Sign-in now needs a code of an app. Not you? Reset your password.",
        second_factor_removed="Sign-in now needs no code of an app. Not you? Reset your password.",
    ),
}

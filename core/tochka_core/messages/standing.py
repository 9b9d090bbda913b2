"""Whether the people of an installation can be told anything by phone."""

from collections.abc import Iterable

from tochka_plugins.host import StagedModule

from tochka_core.messages.messenger import HOOK
from tochka_core.registry.events import Finding
from tochka_core.settings import Settings


def judge_delivery(modules: Iterable[StagedModule], settings: Settings) -> Finding:
    """Return who delivers messages, or what it means that nobody does.

    It is wrong where nobody can register without a message.
    """
    names = [module.name for module in modules if module.hooks.implements(HOOK)]
    if names:
        return Finding("messages", is_ok=True, detail=f"delivered by {', '.join(names)}")
    if settings.log_messages:
        detail = "no module delivers them: they go to the log, with their codes"
        return Finding("messages", is_ok=True, detail=detail)
    detail = f"no module has {HOOK}: nobody resets a password by a code, nor is told of a new one"
    if settings.confirm_phones:
        detail += "; nor does anybody register, as TOCHKA_CONFIRM_PHONES needs a code"
    return Finding("messages", is_ok=not settings.confirm_phones, detail=detail)

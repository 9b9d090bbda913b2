"""Messages as features send them: in the language of the installation, and not without end."""

import structlog
from tochka_plugins import Message, TooManyRequests

from tochka_core.messages.allowances import MessageAllowances
from tochka_core.messages.messenger import Messenger, NobodyDelivers
from tochka_core.messages.texts import TEXTS
from tochka_core.settings import Language
from tochka_core.throttling.allowances import counted_address
from tochka_core.throttling.services import TryCounter
from tochka_core.users.phones import masked

_log = structlog.get_logger(__name__)


class PhoneMessages:
    """Writes messages to people, as many as their phones and the client's address may have.

    What it returns is given to `Outgoing.after_answer`.
    """

    def __init__(
        self,
        *,
        allowances: MessageAllowances,
        counter: TryCounter,
        language: Language,
        messenger: Messenger,
    ) -> None:
        """Write in *language*."""
        self._allowances = allowances
        self._counter = counter
        self._messenger = messenger
        self.texts = TEXTS[language]

    async def allow(self, phone: str, *, address: str) -> None:
        """Count a message to *phone*, whether or not it is somebody's and will be sent one.

        Raises:
            NobodyDelivers: no messages can be sent, to any phone.
            TooManyRequests: the phone has got too many, or *address* has had too many sent.
        """
        self._messenger.check()
        await self._counter.take(
            (self._allowances.by_phone, phone),
            (self._allowances.by_address, counted_address(address)),
        )

    def code(self, phone: str, text: str, code: str) -> Message:
        """Return a message with *code*, for which *text* has a place; it has been allowed."""
        return Message(phone=phone, text=text.format(code=code), kind="code", code=code)

    def notice(self, phone: str, text: str) -> Message:
        """Return a message without a code; it has been allowed."""
        return Message(phone=phone, text=text, kind="notice")

    async def allowed_notice(self, phone: str, text: str) -> Message | None:
        """Return a message that *phone* had better be told, `None` where it cannot be.

        The log says so then.
        """
        try:
            self._messenger.check()
            await self._counter.take((self._allowances.notices_by_phone, phone))
        except (NobodyDelivers, TooManyRequests) as error:
            _log.warning("notice not sent", phone=masked(phone), reason=str(error))
            return None
        return self.notice(phone, text)

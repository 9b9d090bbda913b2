"""Messages are delivered by the first module that can, and by nothing that goes wrong twice."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tochka_core.messages.allowances import MessageAllowances
from tochka_core.messages.messenger import Messenger, NobodyDelivers, write_to_log
from tochka_core.messages.sending import PhoneMessages
from tochka_core.messages.standing import judge_delivery
from tochka_core.messages.texts import TEXTS
from tochka_core.settings import Settings
from tochka_plugins import Message

MESSAGE = Message(phone="+79123456789", text="The code is 123456.", kind="code", code="123456")


class FakeCandidate:
    package = "tochka_fake"


class FakeModule:
    """A module that does *act* when it is to deliver, and remembers for what."""

    candidate = FakeCandidate()

    def __init__(self, name, act=None):
        self.name, self.act, self.asked = name, act, []
        self.hooks = self

    def implements(self, hook):
        return hook == "tochka_send_message" and self.act is not None

    async def call_async(self, _hook, *, message):
        self.asked.append(message)
        return await self.act()


def returning(result):
    async def act():
        return result

    return act


async def raising():
    raise RuntimeError(f"POST https://sms.test/?to=79123456789&text={MESSAGE.text} of {MESSAGE}")


async def forever():
    await asyncio.Event().wait()


async def sent(*modules, **options):
    """Send a message; return what was logged."""
    messenger = Messenger(modules, **{"hook_seconds": 60, **options})
    with capture_logs() as logs:
        async with messenger.running():
            messenger.send(MESSAGE)
    return logs


async def test_the_first_module_that_delivers_is_the_last_one_asked():
    modules = [
        FakeModule("deaf"),
        FakeModule("declining", returning(result=False)),
        FakeModule("first", returning(result=True)),
        FakeModule("second", returning(result=True)),
    ]
    (line,) = await sent(*modules)
    assert [len(module.asked) for module in modules] == [0, 1, 1, 0]
    assert modules[2].asked == [MESSAGE]
    assert (line["event"], line["module"], line["phone"]) == (
        *("message delivered", "first"),
        "+7******6789",
    )


@pytest.mark.parametrize("result", [None, 1, "sent"])
async def test_only_a_module_that_says_so_has_delivered(result):
    second = FakeModule("second", returning(result=True))
    await sent(FakeModule("first", returning(result)), second)
    assert second.asked == [MESSAGE]


@pytest.mark.parametrize("act", [raising, forever])
async def test_a_module_that_fails_is_logged_without_the_message_and_the_next_is_asked(act):
    second = FakeModule("second", returning(result=True))
    logs = await sent(FakeModule("first", act), second, hook_seconds=0.01)
    assert second.asked == [MESSAGE]
    assert [line["event"] for line in logs] == ["hook failed", "message delivered"]
    assert "79123456789" not in str(logs)
    assert "123456." not in str(logs)


async def test_what_nobody_delivers_is_lost_and_only_a_developer_reads_it():
    for options, event in [
        ({}, "message lost"),
        ({"undelivered": write_to_log}, "message to read here"),
    ]:
        (line,) = await sent(FakeModule("declining", returning(result=False)), **options)
        assert line["event"] == event
        assert ("123456" in str(line)) == bool(options)


def test_where_no_module_that_serves_delivers_that_is_told_before():
    able, deaf = FakeModule("able", returning(result=True)), FakeModule("deaf")
    assert Messenger([able], hook_seconds=1).check() is None
    assert Messenger([deaf], hook_seconds=1, undelivered=write_to_log).check() is None
    for messenger in (
        Messenger([deaf], hook_seconds=1),
        Messenger([able], stopped={"able"}, hook_seconds=1),
    ):
        with pytest.raises(NobodyDelivers) as caught:
            messenger.check()
        assert caught.value.headers == {"Retry-After": "300"}


@pytest.mark.parametrize("undelivered", [None, write_to_log])
async def test_where_no_module_delivers_the_log_says_so_at_the_start(undelivered):
    messenger = Messenger([FakeModule("deaf")], hook_seconds=1, undelivered=undelivered)
    with capture_logs() as logs:
        async with messenger.running():
            pass
    said = [] if undelivered else ["no module delivers messages"]
    assert [line["event"] for line in logs] == said


async def test_a_notice_that_cannot_be_sent_is_logged():
    messages = PhoneMessages(
        allowances=MessageAllowances.of(Settings()),
        counter=None,  # it is not come to
        language="en",
        messenger=Messenger([], hook_seconds=1),
    )
    with capture_logs() as logs:
        assert await messages.allowed_notice(MESSAGE.phone, "Changed.") is None
    (line,) = logs
    assert (line["event"], line["phone"]) == ("notice not sent", "+7******6789")
    assert line["reason"] == "No messages can be sent here now."


@pytest.mark.parametrize(
    ("modules", "settings", "is_ok", "told"),
    [
        ([FakeModule("sms", forever), FakeModule("deaf")], {}, True, "delivered by sms"),
        ([], {"log_messages": True}, True, "they go to the log"),
        ([FakeModule("deaf")], {}, True, "nobody resets a password by a code"),
        ([], {"confirm_phones": True}, False, "nor does anybody register"),
    ],
)
def test_the_doctor_says_who_delivers_or_what_nobody_can_do(modules, settings, is_ok, told):
    found = judge_delivery(modules, Settings(**settings))
    assert (found.is_ok, told in found.detail) == (is_ok, True)


async def test_the_end_waits_for_what_is_under_way():
    may_go, done = asyncio.Event(), []

    async def slowly():
        await may_go.wait()
        done.append(True)
        return True

    messenger = Messenger([FakeModule("slow", slowly)], hook_seconds=60)
    async with messenger.running():
        messenger.send(MESSAGE)
        asyncio.get_running_loop().call_later(0.01, may_go.set)
    assert done == [True]


@pytest.mark.parametrize("language", TEXTS)
def test_every_text_fits_into_one_sms(language):
    for name in TEXTS[language].__struct_fields__:
        text = getattr(TEXTS[language], name).format(code="123456")
        assert len(text) <= (70 if not text.isascii() else 160), text
        assert ("123456" in text) == name.endswith("_code")

"""What the platform is told about this module."""

from contextlib import AsyncExitStack

import msgspec
from tochka_plugins import Message, ModuleInfo, ModuleNotOpen, Platform, hookimpl

from tochka_sms_gateway.gateway import Gateway
from tochka_sms_gateway.settings import GatewaySettings, SenderSettings


class _Serving:
    """What a worker has between start and stop."""

    platform: Platform
    gateway: Gateway
    ends = AsyncExitStack()


@hookimpl
def tochka_module_info() -> ModuleInfo:
    """Present the module."""
    return ModuleInfo(
        title="SMS gateway", description="Messages to phones, under your own name.", icon="message"
    )


@hookimpl
def tochka_settings() -> type[msgspec.Struct]:
    """Let each tenant say who its messages are from."""
    return SenderSettings


@hookimpl
async def tochka_startup(platform: Platform) -> None:
    """Open the way to the gateway."""
    _Serving.platform = platform
    _Serving.gateway = await _Serving.ends.enter_async_context(Gateway(GatewaySettings.read()))


@hookimpl
async def tochka_shutdown() -> None:
    """Close what is open."""
    await _Serving.ends.aclose()


@hookimpl
async def tochka_send_message(message: Message) -> bool:
    """Deliver a code or a notice, in the name of the tenant on whose domain it was asked for."""
    sender = await _sender_of(message)
    return await _Serving.gateway.send(to=message.phone, text=message.text, sender=sender)


async def _sender_of(message: Message) -> str | None:
    if message.tenant is None:
        return None
    try:
        settings = await _Serving.platform.settings(message.tenant.id, SenderSettings)
    except ModuleNotOpen:
        return None
    return settings.sender

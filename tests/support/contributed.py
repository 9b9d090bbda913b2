"""Routes as a module contributes them."""

from litestar import get
from tochka_plugins import ANY_MEMBER


def handler(path="/", *, opt=ANY_MEMBER, **options):
    @get(path, opt=opt, **options)
    async def listed() -> list[str]:
        return []

    return listed

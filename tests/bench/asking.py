"""Requests to an application in this process, with nothing between it and us."""

from typing import Any

from litestar import Litestar
from litestar.status_codes import HTTP_200_OK


async def ask(app: Litestar, path: str, *, token: str, tenant: str, query: str = "") -> None:
    """Read *path* for *tenant*; end the program where the answer is another than 200."""
    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"api.example.com"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"x-tenant", tenant.encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] != HTTP_200_OK:
            raise SystemExit(f"{path} answered {message['status']}")

    await app(scope, receive, send)

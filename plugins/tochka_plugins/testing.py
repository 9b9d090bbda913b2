"""A running platform for a module's tests: `tochka serve` itself, spoken to over HTTP.

The module under test and what it depends on have to be installed; needs `httpx`.

    with running_platform() as platform:
        client = platform.tenant_client("acme", modules=["contacts"])
        assert client.get("/api/v1/contacts").status_code == 200
"""

import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import httpx

START_SECONDS: Final = 120
"""Long enough for a slow machine; reached only when something is wrong."""

_CREDENTIALS: Final = re.compile(r"phone (?P<phone>\S+)\s+password (?P<password>\S+)")


class PlatformFailure(AssertionError):
    """The platform did not start, has ended, or refused; the message carries what it printed."""


class RunningPlatform:
    """A `tochka serve` of one's own, on a free port of the loopback interface."""

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        base_url: str,
        start: Callable[..., "subprocess.Popen[str]"],
    ) -> None:
        """Follow *process*; `running_platform` makes it. *start* starts a command beside it."""
        self.process = process
        self.base_url = base_url
        self._start = start
        self._lines: list[str] = []
        self._clients = ExitStack()
        self._phones = iter(f"+7999{number:07}" for number in range(1_000_000, 10_000_000))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """All that the server has printed so far."""
        return "".join(self._lines)

    def client(self, token: str | None = None, tenant: str | None = None) -> httpx.Client:
        """Return an HTTP client that sends *token* and chooses *tenant*."""
        headers = {}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if tenant is not None:
            headers["X-Tenant"] = tenant
        client = httpx.Client(base_url=self.base_url, headers=headers, timeout=30)
        return self._clients.enter_context(client)

    def login(self, phone: str, password: str) -> str:
        """Return an access token."""
        credentials = {"phone": phone, "password": password}
        answer = self.client().post("/api/v1/auth/login", json=credentials)
        return self._checked(answer)["access_token"]

    def master_client(self) -> httpx.Client:
        """Return a client of the `platform_master` that the first start has made."""
        made = _CREDENTIALS.search(self.output)
        if made is None:
            raise PlatformFailure(f"no credentials were printed:\n{self.output}")
        return self.client(self.login(made["phone"], made["password"]))

    def register(self) -> tuple[str, str]:
        """Register a person; return the phone and an access token."""
        phone, password = next(self._phones), secrets.token_urlsafe(12)
        credentials = {"phone": phone, "password": password}
        self._checked(self.client().post("/api/v1/auth/register", json=credentials))
        return phone, self.login(phone, password)

    def tenant_client(self, name: str, *, modules: Sequence[str] = ()) -> httpx.Client:
        """Make a tenant, with *modules* enabled, and return a client of its new owner.

        What needs a subscription is bought, for ever.
        """
        master = self.master_client()
        phone, token = self.register()
        wanted = {"name": name, "owner_phone": phone}
        self._checked(master.post("/api/v1/tenants", json=wanted))
        self._buy(master, name, modules)
        for module in modules:
            path = f"/api/v1/tenants/{name}/modules/{module}"
            self._checked(master.put(path, json={"enabled": True}))
        return self.client(token, name)

    def member_client(
        self, tenant: str, *, permissions: Sequence[str] | None = None
    ) -> httpx.Client:
        """Return a client of a new member of *tenant*.

        A plain member, or, with *permissions*, one whose role holds these and no others.
        """
        master, role = self.master_client(), "member"
        path = f"/api/v1/tenants/{tenant}"
        if permissions is not None:
            role = f"role-{secrets.token_hex(4)}"
            wanted = {"name": role, "permissions": list(permissions)}
            self._checked(master.post(f"{path}/roles", json=wanted))
        phone, token = self.register()
        self._checked(master.post(f"{path}/members", json={"phone": phone, "role": role}))
        return self.client(token, tenant)

    def api_key_client(self, tenant: str, *, permissions: Sequence[str]) -> httpx.Client:
        """Return a client of a service with an API key of *tenant* that holds *permissions*."""
        maker = self.member_client(tenant, permissions=[*permissions, "tenants:manage_api_keys"])
        wanted = {"name": "test", "permissions": list(permissions)}
        made = maker.post(f"/api/v1/tenants/{tenant}/api-keys", json=wanted)
        return self.client(self._checked(made)["key"])

    def run_command(self, *words: str) -> str:
        """Run a command of `tochka` beside the server, on its database; return what it prints.

        Raises:
            PlatformFailure: it exits with another code than 0.
        """
        with self._start(*words) as command:
            output, errors = command.communicate()
        if command.returncode != 0:
            told = f"tochka {shlex.join(words)}: exit code {command.returncode}"
            raise PlatformFailure(f"{told}\n{output}\n{errors}")
        return output

    def _buy(self, master: httpx.Client, tenant: str, modules: Sequence[str]) -> None:
        path = f"/api/v1/tenants/{tenant}"
        unpaid = [
            offer["name"]
            for offer in master.get(f"{path}/modules").json()
            if offer["name"] in modules and offer["state"] == "needs_subscription"
        ]
        if unpaid:
            sale = {"modules": unpaid, "paid_until": None}
            self._checked(master.post(f"{path}/subscriptions", json=sale))

    def wait_until_live(self) -> None:
        """Return when the server answers.

        Raises:
            PlatformFailure: it has ended, or does not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise PlatformFailure(f"tochka serve has ended:\n{self.output}")
            try:
                if httpx.get(f"{self.base_url}/health/live", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise PlatformFailure(f"tochka serve does not answer:\n{self.output}")

    def stop(self) -> int:
        """Stop the server as an operator would; return its exit code."""
        self._clients.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        finally:
            self.process.kill()
            self._reader.join()
            if self.process.stdout:
                self.process.stdout.close()

    def _checked(self, response: httpx.Response) -> dict[str, str]:
        """Return the document of an answer.

        Raises:
            PlatformFailure: the answer is an error.
        """
        if response.is_success:
            document: dict[str, str] = response.json()
            return document
        told = f"{response.request.url}: {response.status_code} {response.text}"
        raise PlatformFailure("\n".join([told, *self._modules_not_served(), self.output]))

    def _modules_not_served(self) -> list[str]:
        """Return a line for each module that is not served, with the reason."""
        report = self.client().get("/health/ready").json()
        return [
            f"{module['name']} is {module['state']}: {module['reason']}"
            for module in report["modules"]
            if module["state"] != "ready"
        ]

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line)


@contextmanager
def running_platform(
    *,
    environ: Mapping[str, str] | None = None,
    data_dir: Path | None = None,
    python: str = sys.executable,
    wait: bool = True,
) -> Iterator[RunningPlatform]:
    """Run `tochka serve` for as long as the block lasts, on a database of its own.

    *environ* adds settings; *data_dir* keeps the database beyond the block; *python* is the
    interpreter of the environment to run in. Without *wait* the block begins before the server
    answers.

    Raises:
        PlatformFailure: it does not start.
    """
    with ExitStack() as stack:
        if data_dir is None:
            # World-readable on the way there: as root, another account runs the database.
            folder = Path(tempfile.mkdtemp(prefix="tochka-"))
            folder.chmod(0o755)
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            data_dir = folder / "data"
        settings = {
            "TOCHKA_DATA_DIR": str(data_dir),
            "TOCHKA_BCRYPT_COST": "4",
            # All people of a test have one address.
            "TOCHKA_LOGIN_TRIES_PER_ADDRESS": "1000000",
            "TOCHKA_REGISTRATIONS_PER_ADDRESS": "1000000",
            "HOST": "127.0.0.1",
            "PORT": str(_free_port()),
            **(environ or {}),
        }
        env = {**_inherited(), **settings}

        def start(*words: str, stderr: int) -> "subprocess.Popen[str]":
            return subprocess.Popen(  # noqa: S603 - our own command
                [python, "-P", "-m", "tochka_core", *words],
                env=env,
                cwd=data_dir.parent,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

        platform = RunningPlatform(
            start("serve", stderr=subprocess.STDOUT),
            f"http://127.0.0.1:{settings['PORT']}",
            partial(start, stderr=subprocess.PIPE),
        )
        stack.callback(platform.stop)
        if wait:
            platform.wait_until_live()
        yield platform


def _inherited() -> dict[str, str]:
    """Return the environment without settings that would point the server elsewhere."""
    own = ("TOCHKA_", "DATABASE_URL", "JWT_SECRET", "HOST", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

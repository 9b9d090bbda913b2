"""A receiver on this machine, and what is set so that it may be told."""

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from queue import Queue

import httpx
import msgspec
from tochka_webhooks.delivering import Courier
from tochka_webhooks.destinations import Destinations
from tochka_webhooks.sending import Sender
from tochka_webhooks.settings import OperatorSettings

WAIT_SECONDS = 30
"""Reached only when nothing comes."""

ON_THIS_MACHINE = {"WEBHOOKS_ALLOW_HTTP": "true", "WEBHOOKS_ALLOWED_NETWORKS": "127.0.0.0/8"}
SETTINGS = OperatorSettings(allow_http=True, allowed_networks=(ip_network("127.0.0.0/8"),))


@cache
def trusting():
    """Trust the usual authorities, whose certificates take long to read."""
    return httpx.create_ssl_context()


def make_courier(door, *, tls=None, **settings):
    """Make somebody who delivers to this machine, to be used in one event loop."""
    settings = msgspec.structs.replace(SETTINGS, **settings)
    destinations = Destinations(settings)
    return Courier(door, Sender(settings, destinations, tls=tls or trusting()), destinations)


class Received(msgspec.Struct, frozen=True):
    """A request, as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self):
        return json.loads(self.body)

    @property
    def id(self):
        return self.headers["webhook-id"]


class Receiver:
    """A real HTTP server; what it is sent is kept, what it answers is in `answers`.

    An answer is a status, or a function of the handler. When there are none left, it is 200.
    """

    def __init__(self, tls=None):
        self.answers = []
        self.requests = Queue()
        self.ended = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = receiver.answers.pop(0) if receiver.answers else 200
                receiver.requests.put(Received(self.path, headers, body))
                if callable(answer):
                    answer(self)
                else:
                    self.answer(answer)

            def answer(self, status, body=b"", **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_whose):
                """Say nothing of clients that have gone."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self):
        return self._server.server_port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hooks"

    def next(self):
        """Return the next request, which may be on its way."""
        return self.requests.get(timeout=WAIT_SECONDS)

    def all(self):
        """Return the requests that have come and were not looked at."""
        return [self.requests.get_nowait() for _ in range(self.requests.qsize())]

    def stop(self):
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

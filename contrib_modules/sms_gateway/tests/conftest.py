"""A gateway on this machine, that answers as a test says."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest

WAIT_SECONDS = 30
"""Reached only when nothing comes."""


class LocalGateway:
    """A real HTTP server; what it is sent is kept, what it answers is in `answers`."""

    def __init__(self):
        self.answers = []
        self.requests = Queue()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.requests.put((dict(self.headers), body))
                answer = gateway.answers.pop(0) if gateway.answers else 200
                if answer == "drop":
                    self.close_connection = True
                    return
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/messages"

    def next(self):
        """Return the headers and the body of the next request, which may be on its way."""
        return self.requests.get(timeout=WAIT_SECONDS)

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def local():
    gateway = LocalGateway()
    yield gateway
    gateway.stop()

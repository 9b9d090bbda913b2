"""Clients that ask a server all the time."""

import threading
from collections import Counter

import httpx

CLIENTS = 16
PAUSE_SECONDS = 0.1
"""Of each client between two requests: who asks without a pause slows down what is tested."""
ONE_REQUEST = {"Connection": "close"}


class Load:
    """Clients that read all the time: half keep their connection, half open a new one each time."""

    def __init__(self, base_url, path, headers):
        self._url, self._headers = base_url + path, headers
        self._stopped = threading.Event()
        self.results = Counter()
        """How often each status, or failure, was met."""
        self._threads = [threading.Thread(target=self._read, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number):
        headers = {**self._headers, **({} if number % 2 else ONE_REQUEST)}
        with httpx.Client(headers=headers, timeout=60) as client:
            while not self._stopped.wait(PAUSE_SECONDS):
                try:
                    self.results[client.get(self._url).status_code] += 1
                except httpx.HTTPError as error:
                    self.results[repr(error)] += 1

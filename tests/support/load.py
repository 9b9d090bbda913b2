"""Clients that ask a server all the time."""

import threading
from collections import Counter

import httpx

CONNECTIONS = 16


class Load:
    """Clients that read all the time: half keep their connection, half open a new one each time."""

    def __init__(self, base_url, path, headers):
        self._url, self._headers = base_url + path, headers
        self._stopped = threading.Event()
        self.results = Counter()
        """How often each status, or failure, was met."""
        self._threads = [threading.Thread(target=self._read, args=(n,)) for n in range(CONNECTIONS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _read(self, number):
        with httpx.Client(timeout=60) as kept:
            while not self._stopped.is_set():
                client = kept if number % 2 else httpx
                try:
                    response = client.get(self._url, headers=self._headers)
                    self.results[response.status_code] += 1
                except httpx.HTTPError as error:
                    self.results[repr(error)] += 1

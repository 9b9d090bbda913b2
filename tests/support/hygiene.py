"""What no log line may hold, gathered from all that goes over the wire and lies in the database."""

import base64
import json
import re

from sqlalchemy import text

_SECRET = re.compile(
    r"phone|password|token|secret|code|challenge|otp|uri|recovery|hash|successor|(^|_)keys?($|_)"
)
_NOT_SECRET = frozenset({"token_type", "phone_confirmation"})
_MIN_CHARACTERS = 6
"""What is shorter stands in many lines by chance; a code has six digits."""

_COLUMNS = text(
    "SELECT format('%I.%I', table_schema, table_name), quote_ident(column_name), column_name"
    " FROM information_schema.columns WHERE table_schema = 'tochka'"
    " AND data_type IN ('text', 'bytea')"
)
_MEANINGLESS = re.compile(
    r'"timestamp": "[^"]*"|"request_id": "[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
)
"""Digits that stand for nothing but time and chance."""


async def secret_columns(connection):
    """Return the columns of the core that hold something secret, each after its table."""
    columns = (await connection.execute(_COLUMNS)).all()
    return [(table, quoted) for table, quoted, column in columns if _SECRET.search(column)]


class Secrets:
    """Values that no log line may hold, each with what it is."""

    def __init__(self):
        self.names = {}

    def add(self, name, value):
        if isinstance(value, bytes):
            self.add(name, value.hex())
            self.add(name, base64.b64encode(value).decode().rstrip("="))
            self.add(name, base64.urlsafe_b64encode(value).decode().rstrip("="))
        elif len(value) >= _MIN_CHARACTERS:
            self.names[value] = name
            if "phone" in name and value.startswith("+"):
                # Nor without the code of the country.
                self.names[value[-10:]] = name

    def watch(self, client):
        """Gather what *client* sends and is answered from now on."""

        async def sent(request):
            self._gather(_decoded(request.content))
            self.add("bearer token", request.headers.get("Authorization", "").partition(" ")[2])

        async def answered(response):
            self._gather(_decoded(await response.aread()))

        client.event_hooks = {"request": [sent], "response": [answered]}

    async def read(self, engine):
        """Gather what lies in the database of the owner's *engine*."""
        async with engine.connect() as connection:
            for table, column in await secret_columns(connection):
                select = text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608 - the catalog has quoted it
                for value in await connection.scalars(select):
                    self.add(f"{table}.{column}", value)

    def found_in(self, lines):
        """Return what each line holds that it may not."""
        return [
            (name, line)
            for line in {_MEANINGLESS.sub("", line) for line in lines}
            for value, name in self.names.items()
            if value in line
        ]

    def _gather(self, document, *, name=None):
        if isinstance(document, dict):
            for key, value in document.items():
                is_secret = _SECRET.search(key) and key not in _NOT_SECRET
                self._gather(value, name=key if is_secret else name)
        elif isinstance(document, list):
            for item in document:
                self._gather(item, name=name)
        elif isinstance(document, str) and name:
            self.add(name, document)


def _decoded(body):
    try:
        return json.loads(body)
    except ValueError:
        return None

"""People with authenticator apps."""

import pyotp
import pytest
from sqlalchemy import text

LOGIN = "/api/v1/auth/login"
ANSWER = "/api/v1/auth/login/second-factor"
FACTOR = "/api/v1/auth/second-factor"
ME = "/api/v1/users/me"
PASSWORD = "correct horse battery"


@pytest.fixture
def sql(database):
    """Change something behind the platform's back."""

    async def sql(statement, **parameters):
        async with database.platform_scope(reason="test") as session:
            return await session.execute(text(statement), parameters)

    return sql


class App:
    """An authenticator app, with a person who has set it up."""

    def __init__(self, client, person, secret, sql):
        self._client = client
        self._sql = sql
        self.person = person
        self.totp = pyotp.TOTP(secret)
        self.recovery_codes = []

    async def code(self):
        """A code that is good; that others of this minute were used is forgotten."""
        await self._sql(
            "UPDATE tochka.second_factors SET last_step = 0 WHERE user_id = :id", id=self.person.id
        )
        return self.totp.now()

    async def challenge(self):
        answer = await self._client.post(
            LOGIN, json={"phone": self.person.phone, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"challenge", "expires_in"}
        return answer.json()["challenge"]

    async def answer(self, challenge, code):
        return await self._client.post(ANSWER, json={"challenge": challenge, "code": code})

    async def post(self, path, code):
        return await self._client.post(path, json={"code": code}, headers=self.person.headers)


@pytest.fixture
def begin(client, sql):
    """Let a person begin to set up an app."""

    async def begin(person):
        begun = await client.post(FACTOR, json={"password": PASSWORD}, headers=person.headers)
        assert begun.status_code == 201, begun.text
        app = App(client, person, begun.json()["secret"], sql)
        assert pyotp.parse_uri(begun.json()["uri"]).secret == app.totp.secret
        return app

    return begin


@pytest.fixture
def enrol(begin, register):
    """Make a person with a second factor; return the app."""

    async def enrol(person=None):
        app = await begin(person or await register())
        confirmed = await app.post(f"{FACTOR}/confirm", app.totp.now())
        assert confirmed.status_code == 200, confirmed.text
        app.recovery_codes += confirmed.json()["recovery_codes"]
        return app

    return enrol


@pytest.fixture
def status_with(client):
    """Return the status of a request with the tokens that an answer brings."""

    async def status_with(answer):
        token = answer.json()["access_token"]
        return (await client.get(ME, headers={"Authorization": f"Bearer {token}"})).status_code

    return status_with

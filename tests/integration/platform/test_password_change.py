"""Who knows their password replaces it, and is signed in nowhere else from then on."""

import asyncio

import pytest

LOGIN, ME, CHANGE = "/api/v1/auth/login", "/api/v1/users/me", "/api/v1/auth/password/change"
PASSWORD, NEW = "correct horse battery", "staple staple staple"


@pytest.fixture
def change(client):
    async def change(person, current=PASSWORD, password=NEW):
        body = {"current_password": current, "password": password}
        return await client.post(CHANGE, json=body, headers=person.headers)

    return change


@pytest.fixture
def sign_in(client):
    async def sign_in(person, password=PASSWORD):
        return await client.post(LOGIN, json={"phone": person.phone, "password": password})

    return sign_in


async def test_the_password_is_replaced_and_its_owner_is_told(register, change, sign_in, inbox):
    person = await register()
    answer = await change(person)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await sign_in(person)).status_code == 401
    assert (await sign_in(person, NEW)).status_code == 200
    assert (await inbox.next()).phone == person.phone


async def test_the_session_that_changes_it_goes_on_and_all_others_end(
    client, register, change, sign_in
):
    person, another = await register(), await register()
    elsewhere = (await sign_in(person)).json()["access_token"]
    assert (await change(person)).status_code == 204
    assert (await client.get(ME, headers=person.headers)).status_code == 200
    assert (await client.get(ME, headers=another.headers)).status_code == 200
    ended = await client.get(ME, headers={"Authorization": f"Bearer {elsewhere}"})
    assert ended.status_code == 401


async def test_without_the_present_password_nothing_changes(register, change, sign_in):
    person = await register()
    answer = await change(person, current="wrong password")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/current_password"
    assert (await sign_in(person)).status_code == 200


@pytest.mark.parametrize("password", ["short", "Password1", "+7 (999) 000-00-01"])
async def test_the_new_password_keeps_the_rules(register, change, password):
    answer = await change(await register(), password=password)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/password"


async def test_the_present_password_cannot_be_guessed_without_end(register, change):
    person, another = await register(), await register()
    answers = [await change(person, current=f"wrong {number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert (await change(person)).status_code == 429
    assert (await change(another)).status_code == 204


async def test_of_two_changes_at_once_one_is_made(register, change, sign_in):
    person = await register()
    passwords = ["staple staple one", "staple staple two"]
    answers = await asyncio.gather(*(change(person, password=one) for one in passwords))
    made = [answer.status_code for answer in answers]
    assert made.count(204) == 1
    signed_in = [(await sign_in(person, one)).status_code for one in passwords]
    assert [status == 200 for status in signed_in] == [status == 204 for status in made]


async def test_who_is_not_signed_in_changes_nothing(client):
    body = {"current_password": PASSWORD, "password": NEW}
    assert (await client.post(CHANGE, json=body)).status_code == 401


async def test_the_empty_answer_is_described_as_empty(client):
    described = (await client.get("/schema/openapi.json")).json()["paths"]
    assert "content" not in described[CHANGE]["post"]["responses"]["204"]

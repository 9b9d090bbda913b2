"""A session is committed before the answer is sent, or rolled back with the error."""

import asyncio
import gc

import pytest

NOTES = "/api/v1/notes"


async def test_what_was_answered_is_stored(client, make_tenant):
    owner = await make_tenant("acme")
    made = await client.post(NOTES, json={"text": "a"}, headers=owner.at("acme"))
    assert made.status_code == 201
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == ["a"]


@pytest.mark.parametrize(
    ("path", "status"), [("/then-conflict", 409), ("/then-crash", 500), ("/then-unspeakable", 500)]
)
async def test_an_error_takes_its_rows_with_it(client, make_tenant, path, status):
    owner = await make_tenant("acme")
    failed = await client.post(NOTES + path, json={"text": "hush"}, headers=owner.at("acme"))
    assert failed.status_code == status
    assert "hush" not in failed.text
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == []


async def test_a_commit_that_fails_is_an_error_and_not_a_201(client, make_tenant):
    """The row is only sent to the database with the commit, after the handler has returned."""
    owner = await make_tenant("acme")
    answers = await asyncio.gather(
        *(client.post(NOTES, json={"text": "same"}, headers=owner.at("acme")) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert (await client.get(NOTES, headers=owner.at("acme"))).json() == ["same"]


async def test_a_request_that_is_refused_early_costs_no_connection(client, make_tenant, caplog):
    """Another dependency may refuse it while the session is being made."""
    owner = await make_tenant("acme")
    for _ in range(5):
        refused = await client.get("/api/v1/tenants?limit=many", headers=owner.headers)
        assert refused.status_code == 400
    assert [line.message for line in caplog.records if line.name.startswith("sqlalchemy")] == []


async def test_a_request_that_is_refused_leaves_nothing_to_the_event_loop(client, master):
    left = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: left.append(told))
    for _ in range(10):
        refused = await client.get("/api/v1/tenants?limit=x", headers=master.headers)
        assert refused.status_code == 400
    gc.collect()
    await asyncio.sleep(0)  # what was collected is being closed
    gc.collect()
    await asyncio.sleep(0)  # and what failed in that is told
    assert left == []

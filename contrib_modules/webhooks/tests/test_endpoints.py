"""What a tenant can do with its endpoints."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from listening import PATH
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

ENDPOINTS = f"{PATH}/endpoints"


def test_the_secret_is_shown_once_and_unreadable_in_the_database(acme):
    made = acme.listen(description="orders")
    assert made["secret"].startswith("whsec_")
    assert made["event_types"] is made["disabled_because"] is made["previous_secret_until"] is None
    path = f"{ENDPOINTS}/{made['id']}"
    shown = acme.client.get(path).json()
    assert {**shown, "secret": made["secret"]} == made
    assert "secret" not in acme.client.get(ENDPOINTS).json()["items"][0]
    assert "secret" not in acme.client.patch(path, json={"description": None}).json()


async def test_what_is_kept_of_a_secret_is_no_secret(tochka, acme):
    made = acme.listen()
    async with tochka.platform_scope() as session:
        kept = await session.connection()
        rows = await kept.exec_driver_sql("SELECT e::text FROM mod_webhooks.endpoints e")
        (row,) = rows.scalars()
    assert made["secret"].removeprefix("whsec_") not in row


def test_a_list_is_searched_filtered_and_ordered(acme):
    acme.listen("https://a.example.com/", description="orders", enabled=False)
    acme.listen("https://b.example.com/", description="members")

    def urls(**query):
        found = acme.client.get(ENDPOINTS, params=query).json()
        assert found["total"] == len(found["items"])
        return [item["url"][8] for item in found["items"]]

    assert urls(order_by="-url") == ["b", "a"]
    assert urls(search="ORDERS") == urls(enabled=False) == ["a"]
    assert urls(search="b.example") == urls(enabled=True) == ["b"]


def test_a_bad_field_is_named_and_nothing_is_kept(acme):
    url = "https://example.com/"
    for pointer, body in (
        ("/url", {}),
        ("/url", {"url": "ftp://example.com/"}),
        ("/url", {"url": "https://example.com/ "}),
        ("/url", {"url": "https://10.0.0.1/"}),
        ("/event_types", {"url": url, "event_types": []}),
        ("/event_types/0", {"url": url, "event_types": ["Nothing!"]}),
        ("/event_types/1", {"url": url, "event_types": ["tenants.suspended", "deals.won"]}),
        ("/secret", {"url": url, "secret": "whsec_"}),
    ):
        refused = acme.client.post(ENDPOINTS, json=body)
        assert refused.status_code == 400, body
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer], body
    assert acme.client.get(ENDPOINTS).json()["total"] == 0


def test_a_change_is_looked_at_as_well(acme):
    path = f"{ENDPOINTS}/{acme.listen()['id']}"
    for change in ({"url": "https://10.0.0.1/"}, {"event_types": ["deals.won"]}):
        assert acme.client.patch(path, json=change).status_code == 400


def test_a_change_touches_only_the_named_fields(acme):
    made = acme.listen(description="orders", event_types=["tenants.suspended"])
    changed = acme.client.patch(f"{ENDPOINTS}/{made['id']}", json={"event_types": None}).json()
    assert (changed["event_types"], changed["description"]) == (None, "orders")


def test_both_secrets_sign_until_the_overlap_is_over(tochka, acme, receiver, deliver):
    made = acme.listen()
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    rotated = acme.client.post(f"{ENDPOINTS}/{made['id']}/rotate", json={"overlap_hours": 2})
    assert rotated.status_code == 200
    new = rotated.json()
    assert new["previous_secret_until"] == "2030-01-01T02:00:00Z"
    acme.join()
    deliver()
    received = receiver.next()
    for secret in (made["secret"], new["secret"]):
        Webhook(secret).verify(received.body, received.headers)
    tochka.clock.move(timedelta(hours=2))
    acme.join()
    deliver()
    received = receiver.next()
    Webhook(new["secret"]).verify(received.body, received.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(received.body, received.headers)


async def test_a_secret_that_cannot_be_read_is_told_and_can_be_rotated(
    tochka, acme, receiver, courier
):
    made = acme.listen()
    async with tochka.platform_scope() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE mod_webhooks.endpoints SET secret = 'gone.gone'")
    tochka.clock.set(datetime(2030, 1, 1, tzinfo=UTC))
    acme.join()
    await courier().deliver_due()
    (delivery,) = acme.deliveries()
    (attempt,) = acme.attempts(delivery)
    assert attempt["error"] == "The secret of the endpoint cannot be read here; rotate it."
    assert receiver.all() == []
    rotated = acme.client.post(f"{ENDPOINTS}/{made['id']}/rotate", json={}).json()
    assert rotated["previous_secret_until"] == "2030-01-01T00:00:00Z"
    tochka.clock.move(timedelta(minutes=1))
    await courier().deliver_due()
    received = receiver.next()
    Webhook(rotated["secret"]).verify(received.body, received.headers)


def test_a_test_event_is_sent_to_one_endpoint_whatever_it_wants(acme, receiver, another, deliver):
    made = acme.listen(event_types=["tenants.suspended"])
    acme.listen(another.url)
    sent = acme.client.post(f"{ENDPOINTS}/{made['id']}/test")
    assert (sent.status_code, sent.json()["event_type"]) == (202, "webhooks.test")
    deliver()
    received = receiver.next()
    assert received.id == sent.json()["message_id"]
    assert received.event["type"] == "webhooks.test"
    assert received.event["data"] == {"endpoint_id": made["id"]}
    assert another.all() == []


def test_none_is_sent_to_an_endpoint_that_is_disabled(acme):
    made = acme.listen(enabled=False)
    assert acme.client.post(f"{ENDPOINTS}/{made['id']}/test").status_code == 409


def test_endpoints_are_counted(acme):
    made = [acme.listen(f"https://example.com/{number}") for number in range(10)]
    body = {"url": "https://example.com/"}
    refused = acme.client.post(ENDPOINTS, json=body)
    assert (refused.status_code, refused.json()["limit"]) == (409, "webhooks.endpoints")
    assert acme.client.delete(f"{ENDPOINTS}/{made[0]['id']}").status_code == 204
    assert acme.client.post(ENDPOINTS, json=body).status_code == 201


def test_a_moment_that_there_is_not_is_refused(acme):
    path = f"{ENDPOINTS}/{acme.listen()['id']}/replay"
    for since in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        refused = acme.client.post(path, json={"since": since})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/since")


def test_who_may_only_look_changes_nothing_and_members_see_nothing(tochka, acme):
    path = f"{ENDPOINTS}/{acme.listen()['id']}"
    reader = tochka.member_client("acme", permissions=["webhooks:read"])
    assert reader.get(path).status_code == reader.get(f"{PATH}/deliveries").status_code == 200
    for refused in (
        reader.post(ENDPOINTS, json={"url": "https://example.com/"}),
        reader.patch(path, json={"enabled": False}),
        reader.delete(path),
        reader.post(f"{path}/rotate", json={}),
        reader.post(f"{path}/test"),
        reader.post(f"{path}/replay", json={"since": "2026-01-01T00:00:00Z"}),
        reader.post(f"{PATH}/deliveries/{uuid4()}/replay"),
    ):
        assert (refused.status_code, refused.json()["permission"]) == (403, "webhooks:write")
    assert tochka.member_client("acme").get(ENDPOINTS).json()["permission"] == "webhooks:read"

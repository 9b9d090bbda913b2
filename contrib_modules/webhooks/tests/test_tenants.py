"""No tenant sees or is told what is another's."""

import pytest
from listening import PATH


@pytest.fixture
def kept(acme, globex, deliver):
    """Something of each kind that is acme's; globex listens, too."""
    endpoint = acme.listen()
    globex.listen()
    acme.join()
    deliver()
    (delivery,) = acme.deliveries()
    return endpoint, delivery


def test_what_happens_to_one_is_told_to_no_other(acme, globex, kept, deliver):
    receiver, another = acme.receiver, globex.receiver
    assert len(receiver.all()) == 1
    assert another.all() == globex.deliveries() == []
    who = globex.join()
    deliver()
    assert another.next().event["data"]["user_id"] == str(who)
    assert receiver.all() == []


def test_another_sees_and_changes_nothing(acme, globex, kept):
    endpoint, delivery = (
        f"{PATH}/{kind}/{item['id']}"
        for kind, item in zip(("endpoints", "deliveries"), kept, strict=True)
    )
    client = globex.client
    for answer in (
        client.get(endpoint),
        client.patch(endpoint, json={"enabled": False}),
        client.delete(endpoint),
        client.post(f"{endpoint}/rotate", json={}),
        client.post(f"{endpoint}/test"),
        client.post(f"{endpoint}/replay", json={"since": "2026-01-01T00:00:00Z"}),
        client.get(delivery),
        client.get(f"{delivery}/attempts"),
        client.post(f"{delivery}/replay"),
    ):
        assert answer.status_code == 404, answer.text
    assert globex.deliveries(endpoint_id=kept[0]["id"]) == []
    assert len(client.get(f"{PATH}/endpoints").json()["items"]) == 1
    assert acme.client.get(endpoint).json()["enabled"]
    assert [item["status"] for item in acme.deliveries()] == ["delivered"]
    assert len(acme.attempts(kept[1])) == 1

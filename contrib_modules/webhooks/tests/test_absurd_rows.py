"""Rows that no client can make, but an archive from elsewhere can bring, keep nothing busy."""

import pytest
from listening import PATH
from sqlalchemy import text
from tochka_webhooks.schedule import DELAYS


@pytest.fixture
def deliver_with(acme, courier):
    """Deliver something after a statement has made a row absurd; return the delivery."""

    async def deliver_with(statement, **values):
        acme.join()
        async with acme.scope() as session:
            await session.execute(text(statement), values)
        await courier().deliver_due()
        (delivery,) = acme.deliveries()
        return delivery

    return deliver_with


async def test_one_that_was_tried_too_often_to_count_is_tried_for_the_last_time(acme, deliver_with):
    acme.listen()
    acme.receiver.answers = [500]
    delivery = await deliver_with("UPDATE mod_webhooks.deliveries SET tries = 9223372036854775807")
    assert (delivery["status"], delivery["tries"]) == ("dead", len(DELAYS) + 1)


@pytest.mark.parametrize(("until", "signatures"), [("infinity", 2), ("-infinity", 1)])
async def test_a_previous_secret_may_have_no_last_moment(acme, deliver_with, until, signatures):
    endpoint = acme.listen()
    assert acme.client.post(f"{PATH}/endpoints/{endpoint['id']}/rotate", json={}).is_success
    lasting = (
        "UPDATE mod_webhooks.endpoints"
        " SET previous_secret_until = CAST(CAST(:until AS text) AS timestamptz)"
    )
    delivery = await deliver_with(lasting, until=until)
    assert delivery["status"] == "delivered"
    sent = acme.receiver.next().headers["webhook-signature"]
    assert len(sent.split()) == signatures

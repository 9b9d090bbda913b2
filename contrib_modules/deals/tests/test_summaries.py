"""What is in the stages of a pipeline."""

import asyncio
from collections import defaultdict
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from tochka_deals.models import Deal
from tochka_deals.summaries import summarize

CONTACTS, DEALS, PIPELINES = "/api/v1/contacts", "/api/v1/deals", "/api/v1/deals/pipelines"
LARGEST = 2**53 - 1


def test_each_stage_has_its_count_and_a_sum_for_each_currency(acme, create, stages):
    create(amount_minor=100, currency="EUR")
    create(amount_minor=200, currency="EUR")
    create(amount_minor=7, currency="JPY")
    create(stage_id=stages["Won"])
    summary = acme.get(f"{DEALS}/summary").json()
    assert summary["name"] == "Sales"
    assert [stage["name"] for stage in summary["stages"]] == [*stages]
    new, *_, won, lost = summary["stages"]
    assert (new["deals"], new["sums"]) == (
        3,
        [
            {"currency": "EUR", "deals": 2, "amount_minor": 300},
            {"currency": "JPY", "deals": 1, "amount_minor": 7},
        ],
    )
    assert won["sums"] == [{"currency": "RUB", "deals": 1, "amount_minor": 0}]
    assert (lost["deals"], lost["sums"]) == (0, [])


def test_a_pipeline_can_be_chosen(acme, made):
    other = made(acme, PIPELINES, name="Renewals", stages=[{"name": "Due"}])
    summary = acme.get(f"{DEALS}/summary", params={"pipeline_id": other["id"]}).json()
    assert (summary["pipeline_id"], len(summary["stages"])) == (other["id"], 1)
    missing = acme.get(f"{DEALS}/summary", params={"pipeline_id": str(uuid4())})
    assert missing.status_code == 404


def test_a_sum_may_have_more_than_64_bits(tochka, acme, contact, stages, create):
    deal = create(amount_minor=LARGEST)
    rows = [
        {
            "title": "x",
            "contact_id": contact["id"],
            "pipeline_id": deal["pipeline_id"],
            "stage_id": deal["stage_id"],
            "status": "open",
            "amount_minor": LARGEST,
            "currency": "RUB",
        }
    ] * 2048

    async def add():
        async with tochka.tenant_scope(acme.tenant.id) as session:
            await session.execute(insert(Deal), rows)

    asyncio.run(add())
    new = acme.get(f"{DEALS}/summary").json()["stages"][0]
    assert new["sums"] == [{"currency": "RUB", "deals": 2049, "amount_minor": 2049 * LARGEST}]
    assert new["sums"][0]["amount_minor"] > 2**64


AMOUNTS = st.lists(
    st.tuples(
        st.sampled_from(["Due", "Done"]),
        st.sampled_from(["EUR", "JPY", "KWD"]),
        st.integers(0, LARGEST),
    ),
    max_size=12,
)


def test_sums_are_exact_whatever_the_amounts(tochka, acme, contact, made):
    stages = [{"name": "Due"}, {"name": "Done", "kind": "won"}]
    pipeline = made(acme, PIPELINES, name="Any", stages=stages)
    places = {stage["name"]: stage for stage in pipeline["stages"]}

    async def summary_of(deals):
        """Write the deals, sum them up, and take them back."""
        async with tochka.tenant_scope(acme.tenant.id) as session:
            transaction = await session.begin_nested()
            for name, currency, amount in deals:
                place = places[name]
                session.add(
                    Deal(
                        title="x",
                        contact_id=contact["id"],
                        pipeline_id=pipeline["id"],
                        stage_id=place["id"],
                        status=place["kind"],
                        amount_minor=amount,
                        currency=currency,
                    )
                )
            await session.flush()
            found = await summarize(session, pipeline["id"])
            await transaction.rollback()
            return found

    @settings(max_examples=25, deadline=None, database=None)
    @given(AMOUNTS)
    def check(deals):
        expected = defaultdict(lambda: defaultdict(list))
        for name, currency, amount in deals:
            expected[name][currency].append(amount)
        summary = asyncio.run(summary_of(deals))
        assert [stage.name for stage in summary.stages] == ["Due", "Done"]
        for stage in summary.stages:
            told = {item.currency: (item.deals, item.amount_minor) for item in stage.sums}
            assert told == {
                currency: (len(amounts), sum(amounts))
                for currency, amounts in expected[stage.name].items()
            }
            assert stage.deals == sum(map(len, expected[stage.name].values()))
            assert [item.currency for item in stage.sums] == sorted(told)

    check()

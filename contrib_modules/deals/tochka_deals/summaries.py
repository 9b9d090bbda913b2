"""What is in the stages of a pipeline: how many deals, and how much of each currency."""

from itertools import groupby
from operator import attrgetter
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import NotFound

from tochka_deals.models import Deal, Pipeline, Stage
from tochka_deals.pipeline_schemas import CurrencySum, PipelineSummary, StageSummary

_IN_STAGE = and_(Deal.tenant_id == Stage.tenant_id, Deal.stage_id == Stage.id)

_FIGURES = (
    # PostgreSQL adds 64-bit numbers up to one of any length.
    select(
        Stage.id,
        Stage.name,
        Stage.kind,
        Deal.currency,
        func.count(Deal.id).label("deals"),
        func.sum(Deal.amount_minor).label("amount_minor"),
    )
    .select_from(Stage)
    .outerjoin(Deal, _IN_STAGE)
    .group_by(Stage.tenant_id, Stage.id, Deal.currency)
    .order_by(Stage.position, Deal.currency)
)


async def summarize(session: AsyncSession, pipeline_id: UUID | None) -> PipelineSummary:
    """Return what is in a pipeline, in the default one unless told otherwise.

    Raises:
        NotFound: there is none with this id.
    """
    wanted = Pipeline.is_default if pipeline_id is None else Pipeline.id == pipeline_id
    found = select(Pipeline.id, Pipeline.name).where(wanted)
    pipeline = (await session.execute(found)).one_or_none()
    if pipeline is None:
        raise NotFound("There is no such pipeline.")
    rows = await session.execute(_FIGURES.where(Stage.pipeline_id == pipeline.id))
    stages = []
    for (stage_id, name, kind), group in groupby(rows, attrgetter("id", "name", "kind")):
        # A stage without deals has one row, without a currency.
        sums = [
            CurrencySum(row.currency, row.deals, int(row.amount_minor))
            for row in group
            if row.currency is not None
        ]
        stages.append(StageSummary(stage_id, name, kind, sum(item.deals for item in sums), sums))
    return PipelineSummary(pipeline.id, pipeline.name, stages)

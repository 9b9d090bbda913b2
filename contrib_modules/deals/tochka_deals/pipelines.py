"""Keeping pipelines, each with its stages."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tochka_plugins import Conflict, CrudService, Page, PageQuery

from tochka_deals.models import Deal, Pipeline
from tochka_deals.pipeline_schemas import (
    PipelineIn,
    PipelineOut,
    PipelinePatch,
    PipelineRow,
    StageIn,
    StageOrder,
    StageOut,
)
from tochka_deals.stages import StageService

FIRST_PIPELINE: Final = PipelineIn(
    "Sales",
    [
        StageIn("New"),
        StageIn("Qualified"),
        StageIn("Offer sent"),
        StageIn("Won", "won"),
        StageIn("Lost", "lost"),
    ],
)
"""What a tenant begins with."""


class PipelineRows(CrudService[Pipeline, PipelineRow]):
    """Keeps pipelines without their stages."""

    model_type = Pipeline
    schema_type = PipelineRow
    noun = "pipeline"
    orderable = ("name", "created_at")
    searchable = ("name",)


class PipelineService:
    """Keeps the pipelines of one tenant, of which one is the default: deals begin there."""

    def __init__(self, session: AsyncSession) -> None:
        """Work in *session*."""
        self._session = session
        self._rows = PipelineRows(session)
        self._stages = StageService(session)

    async def make_first(self) -> None:
        """Make the pipeline that a tenant begins with, unless it has one."""
        if await self._session.scalar(select(Pipeline.id).limit(1)) is None:
            await self._add(FIRST_PIPELINE, is_default=True)

    async def create(self, data: PipelineIn) -> PipelineOut:
        """Add a pipeline with its stages."""
        return await self.get(await self._add(data, is_default=False))

    async def get(self, pipeline_id: UUID) -> PipelineOut:
        """Return a pipeline.

        Raises:
            NotFound: there is none with this id.
        """
        return await self._complete(await self._rows.get(pipeline_id))

    async def list_page(self, query: PageQuery) -> Page[PipelineOut]:
        """Return a page of pipelines."""
        page = await self._rows.list_page(query)
        stages = await self._stages.of_pipelines([row.id for row in page.items])
        items = [_joined(row, stages.get(row.id, ())) for row in page.items]
        return query.page(items, page.total)

    async def change(self, pipeline_id: UUID, patch: PipelinePatch) -> PipelineOut:
        """Change the fields of *patch* that are set; of two that become the default, one is it.

        Raises:
            NotFound: there is none with this id.
        """
        if patch.is_default is True:
            await self._session.execute(select(Pipeline.id).order_by(Pipeline.id).with_for_update())
            former = update(Pipeline).where(Pipeline.is_default, Pipeline.id != pipeline_id)
            await self._session.execute(former.values(is_default=False))
        return await self._complete(await self._rows.change(pipeline_id, patch))

    async def order_stages(self, pipeline_id: UUID, wanted: StageOrder) -> PipelineOut:
        """Give the stages of a pipeline another order; return it.

        Raises:
            NotFound: there is none with this id.
            InvalidInput: not each of its stages is named once.
        """
        await self._stages.order(pipeline_id, wanted)
        return await self.get(pipeline_id)

    async def delete(self, pipeline_id: UUID) -> None:
        """Remove a pipeline with its stages.

        Raises:
            NotFound: there is none with this id.
            Conflict: it is the default, or there are deals in it.
        """
        is_default = select(Pipeline.is_default).where(Pipeline.id == pipeline_id)
        if await self._session.scalar(is_default.with_for_update()):
            raise Conflict("Deals begin in this pipeline: make another one the default first.")
        # One that comes just now is the foreign key's to see.
        in_it = select(func.count()).select_from(Deal).where(Deal.pipeline_id == pipeline_id)
        if deals := await self._session.scalar(in_it):
            raise Conflict("There are deals in this pipeline: move them first.", deals=deals)
        await self._rows.delete(pipeline_id)

    async def _add(self, data: PipelineIn, *, is_default: bool) -> UUID:
        adding = insert(Pipeline).values(name=data.name, is_default=is_default)
        pipeline_id = (await self._session.execute(adding.returning(Pipeline.id))).scalar_one()
        await self._stages.fill(pipeline_id, data.stages)
        return pipeline_id

    async def _complete(self, row: PipelineRow) -> PipelineOut:
        stages = await self._stages.of_pipelines([row.id])
        return _joined(row, stages.get(row.id, ()))


def _joined(row: PipelineRow, stages: Sequence[StageOut]) -> PipelineOut:
    return PipelineOut(row.id, row.name, row.is_default, stages)

"""Keeping the stages of pipelines.

Who adds stages to a pipeline, or gives them another order, locks it: one waits for the other.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import asdict
from sqlalchemy import case, func, insert, select, update
from tochka_plugins import Conflict, CrudService, InvalidInput, NotFound

from tochka_deals.models import Deal, Pipeline, Stage
from tochka_deals.pipeline_schemas import MAX_STAGES, StageIn, StageOrder, StageOut

_LAST_POSITION: Final = 2**63 - 1
"""What the column holds; only an archive from elsewhere has a stage there."""

_SHOWN: Final = select(Stage.id, Stage.pipeline_id, Stage.name, Stage.kind, Stage.position)


class StageService(CrudService[Stage, StageOut]):
    """Keeps the stages of one tenant."""

    model_type = Stage
    schema_type = StageOut
    noun = "stage"

    async def find(self, stage_id: UUID) -> Stage | None:
        """Return a stage, `None` where there is none with this id."""
        return await self.session.get(Stage, stage_id)

    async def find_first(self) -> Stage | None:
        """Return where deals begin: the first open stage of the default pipeline, if it has any."""
        default = select(Pipeline.id).where(Pipeline.is_default).scalar_subquery()
        open_ = select(Stage).where(Stage.pipeline_id == default, Stage.kind == "open")
        found: Stage | None = await self.session.scalar(open_.order_by(Stage.position).limit(1))
        return found

    async def of_pipelines(
        self, pipeline_ids: Collection[UUID]
    ) -> Mapping[UUID, Sequence[StageOut]]:
        """Return the stages of each pipeline that has any, in their order."""
        found: defaultdict[UUID, list[StageOut]] = defaultdict(list)
        own = _SHOWN.where(Stage.pipeline_id.in_(pipeline_ids)).order_by(Stage.position)
        for row in await self.session.execute(own):
            found[row.pipeline_id].append(StageOut(*row))
        return found

    async def fill(self, pipeline_id: UUID, stages: Sequence[StageIn]) -> None:
        """Give a pipeline that has none its *stages*, in their order."""
        rows = [
            {"pipeline_id": pipeline_id, "position": position, **asdict(stage)}
            for position, stage in enumerate(stages, start=1)
        ]
        await self.session.execute(insert(Stage).values(rows))

    async def add(self, pipeline_id: UUID, data: StageIn) -> StageOut:
        """Add a stage, which comes last.

        Raises:
            NotFound: there is no pipeline with this id.
            Conflict: it has as many stages as it may, or none can come after the last one.
        """
        await self._lock(pipeline_id)
        figures = select(func.count(), func.max(Stage.position)).select_from(Stage)
        own = figures.where(Stage.pipeline_id == pipeline_id)
        count, last = (await self.session.execute(own)).one()
        if count >= MAX_STAGES:
            raise Conflict(f"A pipeline has at most {MAX_STAGES} stages.")
        if last == _LAST_POSITION:
            raise Conflict("No stage can come after the last one: give the stages an order first.")
        return await self.create(data, pipeline_id=pipeline_id, position=(last or 0) + 1)

    async def order(self, pipeline_id: UUID, wanted: StageOrder) -> None:
        """Give the stages of a pipeline another order.

        Raises:
            NotFound: there is no pipeline with this id.
            InvalidInput: not each of its stages is named once.
        """
        await self._lock(pipeline_id)
        own = Stage.pipeline_id == pipeline_id
        present = await self.session.scalars(select(Stage.id).where(own))
        if sorted(present) != sorted(wanted.stage_ids):
            raise InvalidInput("Name each stage of the pipeline once.", pointer="/stage_ids")
        places = {stage_id: place for place, stage_id in enumerate(wanted.stage_ids, start=1)}
        if places:
            moving = update(Stage).where(own).values(position=case(places, value=Stage.id))
            await self.session.execute(moving)

    async def delete(self, row_id: UUID) -> None:
        """Remove a stage.

        Raises:
            NotFound: there is none with this id.
            Conflict: there are deals in it.
        """
        # One that comes just now is the foreign key's to see.
        in_it = select(func.count()).select_from(Deal).where(Deal.stage_id == row_id)
        if deals := await self.session.scalar(in_it):
            raise Conflict("There are deals in this stage: move them first.", deals=deals)
        await super().delete(row_id)

    async def _lock(self, pipeline_id: UUID) -> None:
        locked = select(Pipeline.id).where(Pipeline.id == pipeline_id).with_for_update()
        if await self.session.scalar(locked) is None:
            raise NotFound("There is no such pipeline.")

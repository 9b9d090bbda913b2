"""`/api/v1/deals/pipelines` and `/api/v1/deals/stages`."""

from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from tochka_plugins import Page, RequestedPage, Session, requires

from tochka_deals.pipeline_schemas import (
    PipelineIn,
    PipelineOut,
    PipelinePatch,
    StageIn,
    StageOrder,
    StageOut,
    StagePatch,
)
from tochka_deals.pipelines import PipelineService
from tochka_deals.stages import StageService

MANAGING = requires("deals:manage")


class PipelineController(Controller):
    """Pipelines of the chosen tenant."""

    path = "/pipelines"
    guards = (requires("deals:read"),)

    @post("/", summary="Create a pipeline", guards=[MANAGING])
    async def create(self, data: JSONBody[PipelineIn], session: Session) -> PipelineOut:
        """Add a pipeline with its stages."""
        return await PipelineService(session).create(data)

    @get("/", summary="List pipelines")
    async def list_all(self, session: Session, page_query: RequestedPage) -> Page[PipelineOut]:
        """Return one page; `search` looks into names."""
        return await PipelineService(session).list_page(page_query)

    @get("/{pipeline_id:uuid}", summary="Get a pipeline")
    async def get_one(self, pipeline_id: FromPath[UUID], session: Session) -> PipelineOut:
        """Return one pipeline."""
        return await PipelineService(session).get(pipeline_id)

    @patch("/{pipeline_id:uuid}", summary="Change a pipeline", guards=[MANAGING])
    async def change(
        self, pipeline_id: FromPath[UUID], data: JSONBody[PipelinePatch], session: Session
    ) -> PipelineOut:
        """Change the fields that the body names."""
        return await PipelineService(session).change(pipeline_id, data)

    @delete("/{pipeline_id:uuid}", summary="Delete a pipeline", guards=[MANAGING])
    async def delete(self, pipeline_id: FromPath[UUID], session: Session) -> None:
        """Remove a pipeline that has no deals and is not the default."""
        await PipelineService(session).delete(pipeline_id)

    @post("/{pipeline_id:uuid}/stages", summary="Add a stage", guards=[MANAGING])
    async def add_stage(
        self, pipeline_id: FromPath[UUID], data: JSONBody[StageIn], session: Session
    ) -> StageOut:
        """Add a stage, which comes last."""
        return await StageService(session).add(pipeline_id, data)

    @put("/{pipeline_id:uuid}/stages", summary="Order the stages", guards=[MANAGING])
    async def order_stages(
        self, pipeline_id: FromPath[UUID], data: JSONBody[StageOrder], session: Session
    ) -> PipelineOut:
        """Give the stages of a pipeline another order."""
        return await PipelineService(session).order_stages(pipeline_id, data)


class StageController(Controller):
    """Stages of the chosen tenant's pipelines."""

    path = "/stages"
    guards = (MANAGING,)

    @patch("/{stage_id:uuid}", summary="Change a stage")
    async def change(
        self, stage_id: FromPath[UUID], data: JSONBody[StagePatch], session: Session
    ) -> StageOut:
        """Change the fields that the body names."""
        return await StageService(session).change(stage_id, data)

    @delete("/{stage_id:uuid}", summary="Delete a stage")
    async def delete(self, stage_id: FromPath[UUID], session: Session) -> None:
        """Remove a stage that has no deals."""
        await StageService(session).delete(stage_id)

"""The report of an assessment as PDF, and the same numbers as JSON and CSV. Each opening is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.store import assessment as store
from dashboard.assessing.desk import gather, moment
from dashboard.assessing.figures import as_table, digest, figures
from dashboard.clinician.charts import as_csv
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.language import ENGLISH, speaking
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Visiting

if TYPE_CHECKING:
    from datetime import datetime

    from dashboard.assessing.desk import Gathered
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked
Which = Annotated[int, Path(ge=1, le=2**62)]
TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A report and what its pictures are made of."""

    gathered: Gathered
    report: dict[str, Any]
    made_at: datetime


@router.get("/residents/{number}/assessments/{which}/report.{kind}")
async def report(
    visiting: Visiting,
    number: Number,
    which: Which,
    kind: Annotated[str, Path(pattern="^(pdf|json|csv)$")],
) -> Response:
    """Return the report; a draft before the assessment has ended.

    It is filed, and a sum seals its words: whoever opens it, it speaks English.
    """
    with speaking(ENGLISH):
        return await _report(visiting, number, which, kind)


async def _report(visiting: Visit, number: int, which: int, kind: str) -> Response:
    told = await _told(visiting, number, which)
    state = told.report["figures"]["assessment"]["state"]
    name = f"assessment-{which}-version-{told.report['version']}-{state}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if kind == "json":
        return JSONResponse(told.report, headers=headers)
    if kind == "csv":
        text = as_csv(as_table(told.report["figures"]))
        return Response(text, media_type=TYPES[kind], headers=headers)
    return Response(await run_in_threadpool(_paper, told), media_type=TYPES[kind], headers=headers)


async def _told(visiting: Visit, number: int, which: int) -> Told:
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "assessment_report", each=True)
        one = (
            await store.assessment_of(connection, lived.resident.resident_id, which)
            if lived
            else None
        )
        if lived is not None and one is not None:
            gathered = await gather(visiting, connection, lived, one)
            told = await run_in_threadpool(figures, gathered.material)
            seal = digest(told)
            by = (visiting.visitor.carer_id, visiting.now)
            version = await store.version_of(connection, one, seal, by)
            zone = lived.home.zone
            whole = {
                "figures": told,
                "digest": seal,
                "version": version.version,
                "version_at": moment(version.at, zone),
                "made_by": visiting.visitor.name,
                "made_at": moment(visiting.now, zone),
            }
            return Told(gathered=gathered, report=whole, made_at=visiting.now)
    raise refuse()


def _paper(told: Told) -> bytes:
    # these load matplotlib and Typst: a machine that is never asked for a report does not pay
    from dashboard.assessing import paper, picturing  # noqa: PLC0415

    gathered = told.gathered
    drawn = picturing.pictures(told.report["figures"], gathered.material.found, gathered.marks)
    return paper.report(told.report, drawn, told.made_at)

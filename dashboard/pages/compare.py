"""Two periods of one person side by side: pictures, and their numbers as table, CSV and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.model.errors import Malformed
from core.store import annotation as annotations_table
from dashboard.clinician import annotating, comparing, pair_table, periods
from dashboard.clinician.annotated import line_of
from dashboard.clinician.charts import as_csv
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.clinician.reading import last_day_of, marked_days
from dashboard.language import _
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Visiting

if TYPE_CHECKING:
    from core.model.annotation import Annotation
    from core.store.review import Lived
    from dashboard.clinician.annotated import MarkedDays
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked
Typed = Annotated[str, Query(max_length=40)]


def spans(
    first_from: Typed = "", first_to: Typed = "", second_from: Typed = "", second_to: Typed = ""
) -> dict[str, str]:
    """Read both periods from the address, as they were typed."""
    given = (first_from, first_to, second_from, second_to)
    return dict(zip(periods.FIELDS, given, strict=True))


Spans = Annotated[dict[str, str], Depends(spans)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was asked for, or what was wrong with it."""

    lived: Lived
    annotations: tuple[Annotation, ...]
    typed: dict[str, str]
    two: periods.Two
    first: MarkedDays
    second: MarkedDays
    mistakes: dict[str, str]


@router.get("/residents/{number}/compare")
async def compare(visiting: Visiting, number: Number, typed: Spans, around: Typed = "") -> Response:
    """Show two periods."""
    typed |= {"around": around}
    found = await _compared(visiting, number, typed, "compare")
    pairs = comparing.pairs(found.first, found.second)
    around_what = {"weeks": _("The last 4 weeks, and the 4 before")} | {
        str(one.number): _("Before and after: %(what)s") % {"what": line_of(one)}
        for one in found.annotations
    }
    return visiting.page(
        "compare.html",
        found.lived.home.zone,
        status=400 if found.mistakes else 200,
        lived=found.lived,
        found=found,
        typed=typed,
        around_what=around_what,
        pairs=[(one, pair_table.numbers_of(one)) for one in pairs],
        outside=[one for one in pairs if one.verdict in _OUTSIDE],
        query=periods.query_of(found.two),
        annotating=annotating,
        line_of=line_of,
        rule=comparing.RULE,
        rule_source=comparing.RULE_SOURCE,
        signs=comparing.SIGNS,
        said_difference=comparing.said_difference,
        measures=list({one.measure.key: one.measure for one in pairs}.values()),
    )


@router.get("/residents/{number}/compare.{kind}")
async def figures(
    visiting: Visiting,
    number: Number,
    kind: Annotated[str, Path(pattern="^(json|csv)$")],
    typed: Spans,
) -> Response:
    """Return the numbers."""
    found = await _compared(visiting, number, typed, "compare_figures")
    if found.mistakes:
        return JSONResponse({"error": found.mistakes}, status_code=400)
    pairs = comparing.pairs(found.first, found.second)
    headers = {"content-disposition": f'attachment; filename="compare-{number}.{kind}"'}
    if kind == "csv":
        text = as_csv(pair_table.as_table(pairs))
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    body = {"resident_id": number, "zone": found.lived.home.zone.key}
    return JSONResponse(body | pair_table.as_json(found.first, found.second, pairs))


@router.get("/residents/{number}/compare/{key}.svg")
async def picture(
    visiting: Visiting,
    number: Number,
    key: Annotated[str, Path(pattern="^(hours|measures)$")],
    typed: Spans,
) -> Response:
    """Return a picture of both periods."""
    found = await _compared(visiting, number, typed, "compare")
    if found.mistakes:
        raise refuse()
    return Response(
        await run_in_threadpool(_draw, key, found.first, found.second), media_type="image/svg+xml"
    )


_OUTSIDE = frozenset({comparing.Verdict.ABOVE, comparing.Verdict.BELOW})


def _draw(key: str, first: MarkedDays, second: MarkedDays) -> bytes:
    from dashboard.clinician import drawing_pair  # noqa: PLC0415 (loads matplotlib)

    if key == "hours":
        return drawing_pair.draw_hours(first, second)
    return drawing_pair.draw_pairs(comparing.pairs(first, second))


async def _compared(visiting: Visit, number: int, typed: dict[str, str], page: str) -> Compared:
    """Read what was asked for; what was wrong with it leads to the last eight weeks and a word."""
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, page, each=page.endswith("figures"))
        if lived is not None:
            last = last_day_of(lived, visiting.now)
            annotations = await annotations_table.annotations_of(
                connection, lived.resident.resident_id
            )
            mistakes = {}
            try:
                two = periods.two_in(typed, annotations, last)
            except Malformed as error:
                two, mistakes = periods.last_weeks(last), {error.field: error.expected}
            first, second = [
                await marked_days(connection, lived, one.first, one.last) for one in two
            ]
            return Compared(
                lived=lived, annotations=annotations, typed=typed, two=two, first=first,
                second=second, mistakes=mistakes,
            )  # fmt: skip
    raise refuse()

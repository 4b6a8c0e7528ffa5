"""``wayhome evaluate tihm``: the whole suite on homes of people with dementia."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import tihm as study
from analytics.evaluation.saving import save as keep
from wayhome.console import console, emit, progress


def tihm(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Activity.csv.xz and Labels.csv.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
    ] = None,
) -> None:
    """Count what the suite would have said in these homes, and how soon it notices a silence put in.

    False alarms are those on the untouched record after the warm-up (28 days, or 14 where the record is
    short). Gaps of a day and more are counted apart. No run fits anything.
    """
    with progress(None, "homes") as bar:
        report = study.evaluate(
            folder, lambda done, total: bar.update(bar.task_ids[0], completed=done, total=total)
        )
    if save is not None:
        keep(save, "tihm", report)
    if json:
        emit(report)
        return
    console.print(_table(report))
    for kind, counts in report["about"].items():
        said = ", ".join(f"{name} {rate:.2f}" for name, rate in counts.items())
        console.print(f"{kind}, a person-week: {said}")


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        "rule",
        "false a week",
        "found in 12 h",
        "day, mean h",
        "day, p90 h",
        "night, mean h",
        title=f"Silence in {report['people_counted']} homes, {report['person_days']:.0f} person-days",
    )
    _row(table, "Wayhome, all-in", report["inactivity"])
    for one in report["curve"]:
        chosen = ", chosen" if one["chosen"] else ""
        _row(table, f"at {one['price_h']} h a weekly alarm{chosen}", one)
    for name, one in report["controls"].items():
        _row(table, name, one)
    return table


def _row(table: Table, name: str, one: dict[str, Any]) -> None:
    delay = one["delay_h"]
    table.add_row(
        name,
        f"{one['false_per_week']:.2f}",
        f"{one['detected']}/{one['injected']}",
        *(_hours(delay[key]) for key in ("day_mean", "day_p90", "night_mean")),
    )


def _hours(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"

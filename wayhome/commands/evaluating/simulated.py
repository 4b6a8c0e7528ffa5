"""``wayhome evaluate simulated`` and ``wayhome evaluate calibration``: the simulator and the suite on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from analytics.evaluation import calibration as likeness
from analytics.evaluation import robustness
from analytics.evaluation import simulated as studies
from analytics.evaluation import wrist as likeness_of_wrists
from analytics.evaluation.saving import save as keep
from analytics.evaluation.simulated_sections import curve_rows
from wayhome.console import console, emit, progress

ROBUST_DAYS = 60
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Save = Annotated[
    Path | None, typer.Option("--save", file_okay=False, help="Folder for the report.")
]


def simulated(
    homes: Annotated[int, typer.Option(min=1, help="Simulated homes.")] = 40,
    days: Annotated[int, typer.Option(min=16, help="Days of each.")] = 60,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the first home; 0-999 tune, 10000 and above test.")
    ] = 0,
    suite: Annotated[
        bool, typer.Option("--robustness/--no-robustness", help="Run the suite of stresses too.")
    ] = True,
    robust_homes: Annotated[int, typer.Option(min=1, help="Homes of that suite at most.")] = 40,
    save: Save = None,
    json: Json = False,
) -> None:
    """Run all detectors over simulated homes in which things go wrong, and count.

    Each home is simulated, watched and forgotten; two at a time. Nothing of the first 14 days counts.
    """
    study = studies.Study(homes=homes, days=days, seed=seed)
    study.check()
    small = studies.Study(
        homes=min(homes, robust_homes), days=min(days, ROBUST_DAYS), seed=seed, silences=0
    )
    runs = len(robustness.STRESSES) + 1
    total = homes + (runs * small.homes if suite else 0)
    with progress(total, "Watching simulated homes") as bar:

        def told() -> None:
            bar.advance(bar.task_ids[0])

        report = studies.report(study, list(studies.homes(study, told)))
        if suite:
            report["robustness"] = robustness.report(small, list(robustness.runs(small, told)))
    if save is not None:
        keep(save, "simulated", report)
    if json:
        emit(report)
        return
    for table in _tables(report):
        console.print(table)


def calibration(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="TIHM record.")],
    homes: Annotated[int, typer.Option(min=5, help="Simulated homes.")] = 40,
    days: Annotated[int, typer.Option(min=16, help="Days of each.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first home.")] = 10_000,
    wrists: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Recordings of activity at the wrist."),
    ] = None,
    save: Save = None,
    json: Json = False,
) -> None:
    """Put simulated homes beside those of the TIHM study, both as that study saw them.

    With --wrists, simulated wrists are put beside real ones too.
    """
    report = likeness.report(folder, homes, days, seed)
    if wrists is not None:
        report["wrist"] = likeness_of_wrists.report(wrists, homes, days, seed)
    if save is not None:
        keep(save, "calibration", report)
    if json:
        emit(report)
        return
    table = Table("figure", "target", "all homes", "held out", title="Simulated beside real")
    for row in likeness.rows(report):
        table.add_row(*row)
    console.print(table)
    if wrists is not None:
        console.print(_wrists(report["wrist"]))


def _wrists(found: dict[str, Any]) -> Table:
    table = Table("part of the day", "minutes with movement", "real", "rests: KS", title="Wrists")
    for part, row in found["parts"].items():
        table.add_row(part, *(_text(value) for value in row.values()))
    return table


def _tables(report: dict[str, Any]) -> Iterator[Table]:
    table = Table("detector", "episodes", "recall", "false a week", "median delay, min")
    for name, row in report["detectors"].items():
        values = (row["episodes"], row["recall"], row["false_per_week"], row["delay_min"]["median"])
        table.add_row(name, *(_text(value) for value in values))
    yield table
    table = Table("target", "aim", "reached", "met")
    for row in report["targets"]:
        met = {True: "yes", False: "no", None: "-"}[row["met"]]
        table.add_row(row["row"], row["target"], _text(row["reached"]), met)
    yield table
    table = Table("detector", "told", "recall", "false a week", "median delay, min")
    for name, row in curve_rows(report):
        table.add_row(name, *row)
    yield table
    if "robustness" in report:
        table = Table("stress", "false, plain and stressed", "ratio", "recall drop", "passes")
        for name, row in report["robustness"]["stresses"].items():
            whole = row["all"]
            false = " → ".join(str(one) for one in whole["false"])
            ratio, drop = _text(whole["false_ratio"]), _text(whole["recall_drop"])
            table.add_row(name, false, ratio, drop, _text(row["passes"]))
        yield table


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "-" if value is None else str(value)

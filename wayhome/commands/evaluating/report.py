"""``wayhome evaluate report``: the page of results and its pictures, from saved reports."""

from __future__ import annotations

import json as parser
from pathlib import Path
from typing import Annotated, Any

import typer

from analytics.evaluation import drawing
from analytics.evaluation.results import STUDIES, page
from core.model.errors import Misconfigured
from wayhome.console import console, emit

TITLE = "# Detection: results"


def report(
    results: Annotated[
        Path,
        typer.Option("--results", exists=True, file_okay=False, help="Folder of saved reports."),
    ] = Path("docs/reference/results"),
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Page to write; stdout without it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Draw the pictures of saved reports beside them, and write the page that shows both.

    Reports are what the other commands write with --save. In this repository `make docs` writes the page.
    """
    reports = saved(results)
    drawn = [
        _kept(results / f"{name}-{picture}.svg", svg)
        for name, found in reports.items()
        for picture, svg in drawing.pictures(name, found).items()
    ]
    text = f"{TITLE}\n\n{page(reports)}\n"
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if json:
        missing = sorted(set(STUDIES) - set(reports))
        emit({"reports": sorted(reports), "missing": missing, "pictures": sorted(drawn)})
    elif out is None:
        typer.echo(text)
    else:
        console.print(f"{out}: {len(reports)} reports, {len(drawn)} pictures")


def saved(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the saved reports of a folder by name.

    Raises
    ------
    Misconfigured
        If there is none, or one is no JSON object.
    """
    reports: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            found = parser.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{path}: expected JSON written with --save") from error
        if not isinstance(found, dict):
            raise Misconfigured(f"{path}: expected one JSON object")
        reports[path.stem] = found
    if not reports:
        raise Misconfigured(f"{folder}: expected reports *.json written with --save")
    return reports


def _kept(path: Path, svg: bytes) -> str:
    path.write_bytes(svg)
    return path.name

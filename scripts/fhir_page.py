"""The reference page of FHIR, from the CapabilityStatement and the table of measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.fhir import capability, observations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dashboard.clinician.measures import Measure

    Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
UNITS = {"hh:mm": "a moment", "1": "`1`"}


def page(table: Table) -> str:
    """Give the text of the page; ``table`` draws tables."""
    said = capability.statement("https://…/fhir")
    (rest,) = said["rest"]
    head = (
        f"FHIR {said['fhirVersion']}, {said['format'][0]}, at `/fhir`; `/fhir/metadata` says the same."
        f" {said['description']} How to: [read the records by a program](../how-to/fhir.md)."
    )
    parts = [
        head,
        rest["security"]["description"],
        "Operations:\n\n- `$export`\n- `Group/{id}/$export`",
    ]
    for one in rest["resource"]:
        profiles = ", ".join(f"`{profile}`" for profile in one.get("supportedProfile", ()))
        rows = [(f"`{row['name']}`", row["type"]) for row in one["searchParam"]]
        parts += [
            f"## {one['type']}",
            one["documentation"] + (f" Profile: {profiles}." if profiles else ""),
            table(("searched by", "type"), rows),
        ]
    parts += [
        "## Measures",
        "Each day of a resident has one Observation of each; the heart rate only who wears something.",
        table(("codes", "measure", "unit (UCUM)", "definition"), map(_row, observations.DAILY)),
    ]
    return "\n\n".join(parts)


def _row(measure: Measure) -> tuple[str, str, str, str]:
    codes = ", ".join(f"`{one['code']}`" for one in observations.codings(measure))
    unit = UNITS.get(measure.unit, f"`{measure.unit}`")
    return codes, measure.name, unit, measure.definition

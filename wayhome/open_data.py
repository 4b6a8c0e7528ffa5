"""The files of an open-data publication: a table as CSV, its schema (CSVW), and its catalogue entry (DCAT).

References
----------
W3C, Metadata Vocabulary for Tabular Data (2015); W3C, Data Catalog Vocabulary 3 (2024); The National
Archives, Open Government Licence 3.0.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.model.open_data import ALL, LEAST_K, ROUNDED_TO, SMALL_AREAS, Band

if TYPE_CHECKING:
    from core.model.open_data import Table

LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
COLUMNS: tuple[tuple[str, str, str], ...] = (
    (
        "area",
        "Area",
        "ONS code of the area; 'all' for all areas, 'small-areas' for those too small alone",
    ),
    ("month", "Month", "Calendar month"),
    ("band", "Hours a day with movement", "Average over the month, in bands; 'all' for all bands"),
    ("people", "People", "How many people, rounded; empty where it is suppressed"),
    ("status", "Status", "'published', or 'suppressed' to protect people"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a publication is about."""

    organisation_id: str
    organisation: str
    #: First day of the month.
    month: date
    k: int = LEAST_K


def file_name(about: Subject) -> str:
    """Return the name of the table's file.

    Examples
    --------
    >>> file_name(Subject(organisation_id="leeds", organisation="Leeds", month=date(2026, 1, 1)))
    'activity-leeds-2026-01.csv'
    """
    return f"activity-{about.organisation_id}-{about.month:%Y-%m}.csv"


def files(about: Subject, table: Table, issued: datetime) -> Mapping[str, str]:
    """Return the files of a publication by name; the table itself does not tell when it was made."""
    name = file_name(about)
    return {
        name: as_csv(about, table),
        f"{name}-metadata.json": _json(schema(about)),
        name.replace(".csv", "-dcat.jsonld"): _json(catalogue(about, issued)),
    }


def as_csv(about: Subject, table: Table) -> str:
    """Write the table (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([name for name, _, _ in COLUMNS])
    for cell in table.cells():
        status = "suppressed" if cell.people is None else "published"
        people = "" if cell.people is None else cell.people
        writer.writerow([cell.area, f"{about.month:%Y-%m}", cell.band, people, status])
    return out.getvalue()


def schema(about: Subject) -> dict[str, Any]:
    """Describe the columns (CSVW)."""
    bands = "|".join([*(band.value for band in Band), ALL])
    kinds: dict[str, Any] = {
        "area": {"base": "string", "format": f"[A-Z][0-9]{{8}}|{ALL}|{SMALL_AREAS}"},
        "month": "gYearMonth",
        "band": {"base": "string", "format": bands},
        "people": {"base": "integer", "minimum": 0},
        "status": {"base": "string", "format": "published|suppressed"},
    }
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": file_name(about),
        "dc:title": _title(about),
        "dc:description": _description(about),
        "dc:license": {"@id": LICENCE},
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "dc:title": title,
                    "dc:description": text,
                    "datatype": kinds[name],
                    "required": name != "people",
                    "null": "",
                }
                for name, title, text in COLUMNS
            ],
            "primaryKey": ["area", "month", "band"],
        },
    }


def catalogue(about: Subject, issued: datetime) -> dict[str, Any]:
    """Describe the data set for a catalogue such as Data Mill North (DCAT)."""
    name = file_name(about)
    last = (about.month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@type": "dcat:Dataset",
        "dct:identifier": name.removesuffix(".csv"),
        "dct:title": _title(about),
        "dct:description": _description(about),
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": about.organisation},
        "dct:issued": {"@value": issued.isoformat(), "@type": "xsd:dateTime"},
        "dct:license": {"@id": LICENCE},
        "dct:language": {"@id": "http://publications.europa.eu/resource/authority/language/ENG"},
        "dct:accrualPeriodicity": {
            "@id": "http://publications.europa.eu/resource/authority/frequency/MONTHLY"
        },
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": about.month.isoformat(), "@type": "xsd:date"},
            "dcat:endDate": {"@value": last.isoformat(), "@type": "xsd:date"},
        },
        "dcat:theme": {"@id": "http://publications.europa.eu/resource/authority/data-theme/HEAL"},
        "dcat:keyword": ["dementia", "activity", "care at home"],
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": name,
                "dcat:downloadURL": {"@id": name},
                "dcat:mediaType": {"@id": "https://www.iana.org/assignments/media-types/text/csv"},
                "dct:conformsTo": {"@id": f"{name}-metadata.json"},
                "dct:license": {"@id": LICENCE},
            }
        ],
    }


def _title(about: Subject) -> str:
    return f"Activity at home of people living with dementia, {about.month:%B %Y}"


def _description(about: Subject) -> str:
    return (
        "How many people moved at home for how many hours a day on average, by area. Of people who live"
        " alone, are supported by Wayhome and agreed to be counted; not of everybody in an area. No cell"
        f" and no difference of cells is about fewer than {about.k} people; counts are rounded to"
        f" {ROUNDED_TO}, so they do not add up. Nothing here diagnoses."
    )


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

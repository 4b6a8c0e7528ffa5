"""Write docs/reference/ from the code: words, quantities, plugins, settings, tables, topics.

`make docs` writes the pages; ``python scripts/docs.py --check`` names those that are stale and fails.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alerts import channel
from analytics import detector
from analytics.evaluation import results
from core import model
from core.model.address import AddressKind
from core.model.playbook import PLAYBOOKS
from core.model.quantity import DEFINITIONS
from core.runtime import settings
from dashboard.clinician.measures import MEASURES
from scripts import fhir_page, hardening, safety
from sensors import codec, driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "reference"
MIGRATIONS = ROOT / "core" / "store" / "migrations"
NOTE = "<!-- Made by `make docs`; change the code, not this page. -->"
COMMENT = re.compile(
    r"comment\s+on\s+table\s+(?P<table>\w+)\s+is\s+(?P<text>(?:'(?:[^']|'')*'\s*)+);", re.IGNORECASE
)
CREATED = re.compile(r"create\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)", re.IGNORECASE)


class Undescribed(ValueError):  # noqa: N818 (an adjective, like the errors of core.model)
    """Something public has no sentence of its own."""


def first_sentence(thing: Any, name: str) -> str:
    """Give the first paragraph of a docstring as one line."""
    text = inspect.getdoc(thing) or ""
    if not text or text.startswith(f"{getattr(thing, '__name__', '')}("):
        raise Undescribed(f"{name} has no docstring")
    return " ".join(text.split("\n\n")[0].split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def model_classes() -> Iterator[type]:
    """Yield the public classes of core.model, in the order of the alphabet."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(model.__path__):
        loaded = importlib.import_module(f"core.model.{module.name}")
        for name, thing in vars(loaded).items():
            own = inspect.isclass(thing) and thing.__module__ == loaded.__name__
            if own and not name.startswith("_"):
                found[name] = thing
    yield from (found[name] for name in sorted(found))


def glossary() -> str:
    """List the words of the domain."""
    rows = [
        (f"`{kind.__name__}`", first_sentence(kind, kind.__name__), f"`{kind.__module__}`")
        for kind in model_classes()
    ]
    return "The words that all of the code agrees on.\n\n" + table(("word", "is", "where"), rows)


def quantities() -> str:
    """List what a device can report."""
    rows = [
        (f"`{q.value}`", d.meaning, d.unit, f"{d.low:g} … {d.high:g}", d.role.value)
        for q, d in DEFINITIONS.items()
    ]
    return "What a device can report. Units are UCUM; `1` is a state or a count.\n\n" + table(
        ("quantity", "meaning", "unit", "range", "role"), rows
    )


def drivers() -> str:
    """List the families of devices that are understood."""
    parts = []
    for family, found in driver.discover().items():
        reports = ", ".join(f"`{q.value}`" for q in sorted(found.quantities))
        told = found.reporting
        silence = "then it is missed" if told.heartbeat else "longer when nothing happens"
        parts.append(
            f"## {found.title} (`{family}`)\n\nReports: {reports}.\n\nSet: {found.setup.strip()}\n\n"
            f"Speaks every {told.interval_s / 60:g} min ({silence}). Lives on: {told.supply.value}."
            f" Battery: {told.battery}"
        )
    return "The families of devices that Wayhome reads.\n\n" + "\n\n".join([*parts, codecs()])


def codecs() -> str:
    """List the LoRaWAN models whose bytes are read."""
    rows = [
        (found.title, ", ".join(f"`{model}`" for model in found.models), f"`{name}`")
        for name, found in codec.discover().items()
    ]
    return (
        "## Codecs of LoRaWAN devices\n\nFor `chirpstack` and `ttn`: bytes are read by the codec whose name"
        " stands in the device profile's name or in brand and model, in any spelling; of other models, what"
        " the network server decoded.\n\n" + table(("model", "named", "codec"), rows)
    )


def detectors() -> str:
    """List what is noticed, how, and what can not be seen."""
    parts = []
    for name, spec in detector.discover().items():
        rows = [(f"`{p.name}`", f"{p.value:g}", p.unit, p.meaning) for p in spec.parameters]
        parts += [
            f"## {spec.title} (`{name}`)",
            spec.notices,
            table(("parameter", "value", "unit", "meaning"), rows) if rows else "No parameters.",
            _bullets("What it can not see", spec.blind_spots),
            _bullets("Sources", spec.references),
        ]
    return "What Wayhome notices. Nothing here diagnoses.\n\n" + "\n\n".join(parts)


def _bullets(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines)


ADDRESSES = {
    AddressKind.WEB: "an http(s) address",
    AddressKind.PHONE: "a phone number (E.164, `+44…`)",
    AddressKind.EMAIL: "an e-mail address",
    AddressKind.PHONE_OR_EMAIL: "a phone number or an e-mail address",
    AddressKind.PUSH: "a browser's push subscription, made by a button on the page *How you are told*",
    AddressKind.APPRISE: "an address of Apprise, `service://…`, registered by the organisation",
}


def channels() -> str:
    """List the ways to reach a carer."""
    parts = []
    for name, found in channel.discover().items():
        traits = channel.traits(found, channel.ChannelSettings())
        facts = [f"Up to {found.max_length} characters."]
        if found.wakes:
            facts.append(
                f"Reaches people who are not looking at the page, by {ADDRESSES[found.takes]}."
            )
        else:
            facts.append("Seen by people who look.")
        if traits.most_in_quarter:
            limit = f"At most {traits.most_in_quarter} messages to one person in 15 minutes"
            facts.append(f"{limit}; the first word of an urgent alert is never held.")
        if traits.lacks:
            facts.append(f"Needs {_settings(traits.lacks)}.")
        facts += [f"{reason.capitalize()}." for reason in traits.cannot.values()]
        summary = first_sentence(found, name)
        parts.append(f"## {found.title} (`{name}`)\n\n{summary}\n\n{' '.join(facts)}")
    return "The ways an alert reaches a carer.\n\n" + "\n\n".join(parts)


def _settings(text: str) -> str:
    """Mark the names of settings."""
    return re.sub(r"(WAYHOME_\w+)", r"`\1`", text)


def setting_rows(kind: type[settings.ServiceSettings]) -> Iterator[tuple[str, str, str, str]]:
    """Yield variable, default, unit and sentence of each setting of one service."""
    for entry in fields(kind):
        if not entry.metadata.get("help"):
            raise Undescribed(f"the setting {entry.name} has no help text")
        default = "required" if entry.default is MISSING else f"`{_literal(entry.default)}`"
        unit = str(entry.metadata.get("unit", ""))
        yield f"`{settings.variable(entry.name)}`", default, unit, entry.metadata["help"]


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) or "(empty)"


def setting_page() -> str:
    """List the settings of each service."""
    introduction = (
        "Settings are environment variables. `NAME_FILE` reads the value of `NAME` from a file, for"
        " secrets. An unknown variable that begins with `WAYHOME_` stops the start."
    )
    parts = [introduction]
    for service, kind in settings.SERVICES.items():
        rows = list(setting_rows(kind))
        parts += [
            f"## {service}",
            first_sentence(kind, kind.__name__),
            table(("variable", "default", "unit", "meaning"), rows),
        ]
    return "\n\n".join(parts)


def table_comments() -> dict[str, str]:
    """Read each table's sentence from the migrations."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    comments = {
        match["table"]: re.sub(r"'\s*'", "", match["text"].strip())[1:-1].replace("''", "'")
        for match in COMMENT.finditer(text)
    }
    for created in CREATED.findall(text):
        if created not in comments:
            raise Undescribed(f"the table {created} has no comment in the migrations")
    return comments


def tables() -> str:
    """List the tables."""
    rows = [(f"`{name}`", sentence) for name, sentence in sorted(table_comments().items())]
    return "The tables, where the services meet.\n\n" + table(("table", "holds"), rows)


def topics() -> str:
    """List the MQTT topics."""
    rows = [
        (found.title, f"`homes/{{home}}/{family}/…`") for family, found in driver.discover().items()
    ]
    return (
        "MQTT topics: `homes/{home}/{family}/` and then the family's own topic. A credential belongs"
        " to one hub or device and may publish only below its own prefix.\n\n"
        + table(("family", "topic"), rows)
    )


def playbooks() -> str:
    """List what to do about each kind of alert of the operators."""
    introduction = (
        "Each alert about homes, devices, services and carers who cannot be told has a playbook: what it"
        " means, what to do first, and who does it. It stands on the page of the alert, too. How these"
        " alerts come about: [prove that alerting keeps its promises](prove.md)."
    )
    parts = [introduction]
    for book in PLAYBOOKS.values():
        subject = f"`{book.subject}…{book.subject_end}`" if book.subject else "any other subject"
        parts += [
            f"## {book.title}",
            f"Alerts of the detector `{book.detector}`, {subject}.",
            f"- What it means: {book.meaning}\n- First: {book.first}\n- Who: {book.who}.",
        ]
    return "\n\n".join(parts)


def detection_results() -> str:
    """Say how well detection does, from the results that were saved."""
    saved = sorted((FOLDER / "results").glob("*.json"))
    return results.page({file.stem: json.loads(file.read_bytes()) for file in saved})


def measures() -> str:
    """List the numbers that a clinician is shown."""
    introduction = (
        "Every number on the page *How the days of somebody are changing*, as the routes"
        " `/residents/{id}/days/{chart}.json` and `.csv` give it too. A day goes from midnight to midnight in"
        " the home's zone and is counted six hours after it is over, and once more after 48 h. A day of which"
        " less than 16 h were seen has no daily number. The usual band of a person goes from the 10th to the"
        " 90th percentile of at least 14 days before the last seven. Days that somebody marked to be left"
        " out count in no average, band or rhythm. Nothing here diagnoses."
    )
    parts = [introduction]
    for one in MEASURES:
        unit = f" ({one.unit})" if one.unit != "1" else ""
        lines = (
            f"- Definition: {one.definition}",
            f"- Formula: {one.formula}",
            f"- Source: {one.source}",
        )
        parts += [f"## {one.name}{unit}", "\n".join(lines)]
    return "\n\n".join(parts)


def fhir() -> str:
    """List what is served to programs, from the CapabilityStatement itself."""
    return fhir_page.page(table)


def hardening_page() -> str:
    """Say which control of which standard is met, and by which tests."""
    introduction = (
        "What two standards for connected things ask for, in our words, and which tests fail when it no"
        " longer holds. The standards are written for devices; Wayhome is the software of a hub's other end,"
        " so some provisions are the makers' of sensors. What this protects against: the"
        " [threat model](threat-model.md). M is mandatory, R recommended, C under a condition."
    )
    parts = [introduction]
    for standard in hardening.STANDARDS:
        title, controls = hardening.read(standard)
        head = ("provision", "asks", "state", "answer", "tests")
        parts += [
            f"## {title}",
            f"{len(controls)} provisions: {hardening.count(controls)}.",
            table(head, hardening.rows(controls)),
        ]
    return "\n\n".join(parts)


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "glossary": ("Glossary", glossary),
    "quantities": ("Quantities", quantities),
    "devices": ("Devices", drivers),
    "detectors": ("Detectors", detectors),
    "channels": ("Channels", channels),
    "settings": ("Settings", setting_page),
    "tables": ("Tables", tables),
    "measures": ("Measures", measures),
    "topics": ("Topics", topics),
    "fhir": ("FHIR", fhir),
    "playbooks": ("Playbooks", playbooks),
    "hardening": ("Hardening", hardening_page),
    "hazard-log": ("Hazard log", safety.hazard_page),
    "dpia": ("Data protection impact assessment", safety.assessment_page),
    "detection-results": ("Detection: results", detection_results),
}


ELSEWHERE = {
    "playbooks": ROOT / "docs" / "how-to" / "playbooks.md",
    "hardening": hardening.FOLDER / "hardening.md",
    "hazard-log": hardening.FOLDER / "hazard-log.md",
    "dpia": hardening.FOLDER / "dpia.md",
}
"""Pages that stand beside others of their kind."""


def place(page: str) -> Path:
    """Say where a page is."""
    return ELSEWHERE.get(page, FOLDER / f"{page}.md")


def render(page: str) -> str:
    """Give the text of one page."""
    title, body = PAGES[page]
    return f"# {title}\n\n{NOTE}\n\n{body().rstrip()}\n"


def is_stale(page: str) -> bool:
    """Whether the page on disk says something else than the code."""
    file = place(page)
    return not file.exists() or file.read_text("utf-8") != render(page)


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` only name the stale ones."""
    stale = [page for page in PAGES if is_stale(page)]
    if "--check" in arguments:
        for page in stale:
            print(f"{place(page).relative_to(ROOT)} is stale: run make docs")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page in stale:
        place(page).write_text(render(page), "utf-8")
        print(place(page).relative_to(ROOT))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Undescribed as error:
        sys.exit(f"docs: {error}: give it one, the reference shows its first sentence")

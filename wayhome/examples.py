"""An example of each command, shown under its help: a line to type as it stands, but for its names."""

from __future__ import annotations

from typing import Any

EXAMPLES = {
    "up": "up --mqtt-host 0.0.0.0 --mqtt-port 8883",
    "demo": "demo",
    "gateway": "gateway",
    "analytics": "analytics",
    "alerts": "alerts",
    "alerts prove": "alerts prove --days 30 --json",
    "dashboard": "dashboard",
    "identity": "identity",
    "identity rotate": "identity rotate",
    "identity changed": "identity changed",
    "register": "register docs/how-to/register.toml",
    "install": "install --folder /etc/wayhome --broker-name broker.example.org",
    "migrate": "migrate --database-url postgresql://wayhome@db.example.org/wayhome",
    "doctor": "doctor --json",
    "backed-up": "backed-up",
    "devices": "devices import van.csv --check",
    "devices import": "devices import van.csv --check",
    "residents": "residents list",
    "residents list": "residents list",
    "residents left": "residents left 12",
    "residents export": "residents export 12 ada.zip",
    "residents erase": 'residents erase 12 --reason "asked for on 3 March, case 4711"',
    "residents erase-again": "residents erase-again erased.json",
    "residents settle": "residents settle",
    "residents erased": "residents erased --json",
    "consent": "consent list 12",
    "consent give": "consent give 12 --purpose research --article6 consent --article9 explicit_consent"
    ' --decided person --said-by "Ada Hill" --as ann',
    "consent withdraw": "consent withdraw 12 --purpose research --decided person"
    ' --said-by "Ada Hill" --as ann',
    "consent list": "consent list 12 --json",
    "consent check": 'consent check 12 record_sharing --organisation leeds --recipient "Park Surgery"',
    "consent due": "consent due --days 42",
    "retention": "retention",
    "retention set": 'retention set leeds positions 14 --reason "council policy 7"',
    "retention hold": 'retention hold 12 --reason "coroner, reference 991"',
    "retention release": 'retention release 12 --reason "closed"',
    "fhir": "fhir list leeds",
    "fhir token": 'fhir token leeds "Leeds Care Record" --scope "system/*.rs" --days 90',
    "fhir list": "fhir list leeds",
    "fhir people": "fhir people leeds",
    "fhir revoke": "fhir revoke leeds 3",
    "open-data": "open-data area 7f3k E05011391",
    "open-data on": 'open-data on leeds --said-by "Caldicott guardian, 3 March"',
    "open-data off": 'open-data off leeds --said-by "Caldicott guardian, 9 June"',
    "open-data area": "open-data area 7f3k E05011391",
    "open-data publish": "open-data publish leeds 2026-01 out/",
    "sharing": "sharing run sharing.toml",
    "sharing run": "sharing run sharing.toml",
    "sharing state": "sharing state sharing.toml",
    "hubs": "hubs list 7f3k",
    "hubs bundle": "hubs bundle 7f3k --out hub-7f3k.zip",
    "hubs list": "hubs list 7f3k",
    "hubs revoke": "hubs revoke 7f3k --name hub-7f3k-1a2b3c4d",
    "certificates": "certificates show",
    "certificates show": "certificates show --folder /etc/wayhome",
    "certificates crl": "certificates crl",
    "audit": "audit verify",
    "audit verify": "audit verify --json",
    "replay": "replay quarantine",
    "replay tihm": "replay tihm tihm/ --days 7 --temporary",
    "replay activage": "replay activage 7f3k record.jsonl",
    "replay quarantine": "replay quarantine --reason malformed",
    "evaluate": "evaluate simulated --homes 20 --days 60",
    "evaluate actigraphy": "evaluate actigraphy recordings/",
    "evaluate falls": "evaluate falls recordings/",
    "evaluate homes": "evaluate homes homes/",
    "evaluate faulty": "evaluate faulty homes/",
    "evaluate simulated": "evaluate simulated --homes 20 --days 60 --seed 10000",
    "evaluate stillness": "evaluate stillness --homes 24 --days 75 --seed 500",
    "evaluate calibration": "evaluate calibration tihm/ --seed 20000",
    "evaluate outings": "evaluate outings --homes 16 --days 50",
    "evaluate tracks": "evaluate tracks tracks/",
    "evaluate tihm": "evaluate tihm tihm/",
    "evaluate report": "evaluate report --results docs/reference/results",
    "evaluate payloads": "evaluate payloads vectors.jsonl",
}
"""By the words of each command, without `wayhome`."""


def show_in(command: Any, words: str) -> Any:
    """Put its example under the help of a command, and of those below it; return the command.

    Parameters
    ----------
    words
        How it is called, without `wayhome`.
    """
    if words in EXAMPLES:
        command.epilog = f"Example: wayhome {EXAMPLES[words]}"
    below = getattr(command, "commands", None)
    if isinstance(below, dict):  # others are loaded, and shown theirs, when they are asked for
        for name, one in below.items():
            show_in(one, f"{words} {name}")
    return command

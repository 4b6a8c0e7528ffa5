"""``wayhome evaluate``: measure a part of the system on a file of real input."""

from __future__ import annotations

import typer

from wayhome.contents import Entry, contents

COMMANDS = (
    Entry(
        "actigraphy",
        "wayhome.commands.evaluating.actigraphy:actigraphy",
        "Compute the circadian metrics of wrist recordings and compare them with pyActigraphy's.",
    ),
    Entry(
        "falls",
        "wayhome.commands.evaluating.falls:falls",
        "Measure the rule and the model of a fall at the wrist on people that neither has seen.",
    ),
    Entry(
        "homes",
        "wayhome.commands.evaluating.homes:homes",
        "Compare who is out, nights in bed and the toilet at night with labelled days.",
    ),
    Entry(
        "faulty",
        "wayhome.commands.evaluating.faulty:faulty",
        "Put a sensor at fault into labelled homes and compare who is out with the labels.",
    ),
    Entry(
        "simulated",
        "wayhome.commands.evaluating.simulated:simulated",
        "Run all detectors over simulated homes in which things go wrong, and count.",
    ),
    Entry(
        "stillness",
        "wayhome.commands.evaluating.stillness:stillness",
        "Try other prices of a false alarm and fixed limits: false alarms against lies and delays.",
    ),
    Entry(
        "calibration",
        "wayhome.commands.evaluating.simulated:calibration",
        "Put simulated homes beside those of the TIHM study, both as that study saw them.",
    ),
    Entry(
        "outings",
        "wayhome.commands.evaluating.outings:outings",
        "Send simulated residents out with a tracker; some lose their way. Count who is told of.",
    ),
    Entry(
        "tracks",
        "wayhome.commands.evaluating.outings:tracks",
        "Run the rules for people outdoors over real tracks of strangers, walking and driving.",
    ),
    Entry(
        "tihm",
        "wayhome.commands.evaluating.tihm:tihm",
        "Count what the suite would have said in these homes, and how soon it notices a silence put in.",
    ),
    Entry(
        "report",
        "wayhome.commands.evaluating.report:report",
        "Draw the pictures of saved reports beside them, and write the page that shows both.",
    ),
    Entry(
        "payloads",
        "wayhome.commands.evaluating.payloads:payloads",
        "Run every driver on a file of device messages and count what became of them.",
    ),
)

app = typer.Typer(
    cls=contents(*COMMANDS, under="evaluate "),
    no_args_is_help=True,
    help="Measure a part of the system on real input.",
)


@app.callback()
def _evaluate() -> None:
    """Measure a part of the system on real input."""

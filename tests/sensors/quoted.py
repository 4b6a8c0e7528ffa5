"""Messages in the form that the products' documentation gives (``quoted.jsonl``), with all that each says.

Some are quoted word for word (much of Tasmota, OpenMQTTGateway, the BLU script); most are put together from
the fields that the named page or definition lists, and are no captures of a device.
"""

from __future__ import annotations

from pathlib import Path

import msgspec


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    family: str
    #: Where it is from.
    source: str
    topic: str
    payload: str
    #: ``quantity`` or ``quantity/discriminator``, and the value.
    says: dict[str, float]


QUOTED = tuple(
    msgspec.json.decode(line, type=Quoted)
    for line in (Path(__file__).parent / "quoted.jsonl").read_bytes().splitlines()
)

"""The person whom a request about stored facts is about (UK GDPR articles 15 and 17). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.model.ids import HomeId, ResidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A resident, as far as it takes to find every row about them."""

    resident_id: ResidentId
    home_id: HomeId
    organisation_id: str
    #: Personal: for the screen of who carries the request out, never for a log.
    name: str
    #: True when nobody else lives in the home or did, so that everything of the home is theirs.
    alone: bool
    #: Since when somebody does not live there any more while another one does; None for who lives there.
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Proof of an erasure; names nobody."""

    resident_id: ResidentId
    home_id: HomeId
    #: False where others live on in the home: what its sensors saw of the home stays theirs.
    whole_home: bool
    at: datetime
    reason: str
    #: Rows that went, by table.
    rows: Mapping[str, int]
    #: What files of servers still hold of the person, and what ends that; empty when nothing does, None where
    #: nobody has looked.
    disk: Mapping[str, str] | None = None


KEPT: tuple[tuple[str, str], ...] = (
    (
        "the record of who looked",
        (
            "It proves that nobody looked without a right to. It holds the number of the home, the page and"
            " who looked; each entry seals the one before it, so none can be taken out."
        ),
    ),
    (
        "this proof",
        (
            "The numbers of home and resident, so that the erasure can be carried out again after a backup of"
            " before it was restored. Nothing leads from them to a person any more."
        ),
    ),
    (
        "logs of the services",
        (
            "They say what happened by numbers of home and resident, never by name, place or words. Nothing"
            " leads from the numbers to a person any more."
        ),
    ),
    (
        "the session of the home's hub",
        (
            "The embedded broker keeps by what name the hub came and to what topics it listened, so that it"
            " may come back. It goes when a client of that name connects with a clean session."
        ),
    ),
    (
        "accounts of carers",
        "They are about the carers. Whoever cares for nobody else can be taken out under People.",
    ),
    (
        "what has left",
        (
            "Messages on phones, printed or downloaded packs and reports, calendars, and copies that the"
            " police took. Ask whoever has them."
        ),
    ),
    (
        "backups",
        (
            "Those made before now, and archives of the database's log of changes, hold the person until they"
            " are deleted by your rota of backups."
        ),
    ),
    (
        "the disk",
        (
            "What was in a deleted file stays on a disk until it is written over; nothing reads it by way of"
            " the file system. Encrypt the disk. A broker of your own: Mosquitto, as docker-compose.yml runs"
            " it, writes its file anew within a minute (autosave_interval)."
        ),
    ),
)
"""What an erasure leaves, and why: said to whoever asks for one, before and after."""


def undone(
    kept: Iterable[Erasure], proofs: Iterable[Erasure], subjects: Iterable[Subject]
) -> tuple[tuple[Subject, Erasure], ...]:
    """Return who was erased and is there again, each with the proof: a backup of before was restored.

    Parameters
    ----------
    kept
        Proofs that were kept elsewhere.
    proofs
        Proofs that the database holds; of a number that stands in one nobody else is meant.
    subjects
        Everybody whom the database knows.
    """
    known = {(one.resident_id, one.home_id) for one in proofs}
    there = {(one.resident_id, one.home_id): one for one in subjects}
    found = {
        (one.resident_id, one.home_id): one for one in sorted(kept, key=lambda proof: proof.at)
    }
    return tuple(
        (there[key], proof) for key, proof in found.items() if key in there and key not in known
    )

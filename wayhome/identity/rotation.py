"""Another authority of hubs and devices: both are trusted until all certificates have changed.

The new one signs from the moment that it is there; the one before stays trusted, and its key stays for lists
of what was revoked. Hubs change as they renew; single devices are brought a new bundle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.errors import Misconfigured
from wayhome import certificates
from wayhome.certificates import Pair
from wayhome.identity.issuing import AUTHORITY, AUTHORITY_KEY, TITLE, read_authority
from wayhome.secret import write_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

BEFORE, BEFORE_KEY = "hubs-ca-before.crt", "hubs-ca-before.key"
TRUSTED = "hubs-trusted.crt"
"""What a broker trusts: the present authority and the one before it."""


def begin(folder: Path, now: datetime) -> None:
    """Make another authority; the present one becomes the one before.

    Raises
    ------
    Misconfigured
        If a change is under way, or there is no authority.
    """
    present = before(folder) if _broken_off(folder) else read_authority(folder)
    if present is None or ((folder / BEFORE).exists() and not _broken_off(folder)):
        raise Misconfigured("an authority is being replaced already: end that first")
    # a name of its own, so that a broker never takes one for the other
    made = certificates.new_authority(now, f"{TITLE} {now:%Y-%m-%d %H:%M:%S}")
    write_secret(folder, BEFORE_KEY, present.key)
    write_secret(folder, BEFORE, present.certificate)
    write_secret(folder, AUTHORITY_KEY, made.key)
    write_secret(folder, AUTHORITY, made.certificate)


def _broken_off(folder: Path) -> bool:
    """Tell whether a change began and was broken off before the other authority was there."""
    older, present = folder / BEFORE, folder / AUTHORITY
    return older.exists() and present.exists() and older.read_text() == present.read_text()


def end(folder: Path) -> None:
    """Trust the authority before no longer; its key is gone.

    Raises
    ------
    Misconfigured
        If none is being replaced.
    """
    if before(folder) is None:
        (folder / BEFORE_KEY).unlink(missing_ok=True)  # of an end that was broken off
        raise Misconfigured("no authority is being replaced")
    (folder / BEFORE).unlink()
    (folder / BEFORE_KEY).unlink()


def before(folder: Path) -> Pair | None:
    """Return the authority that is being replaced; None when none is."""
    certificate, key = folder / BEFORE, folder / BEFORE_KEY
    if not certificate.exists():
        return None
    return Pair(certificate=certificate.read_text(), key=key.read_text())


def trusted(folder: Path) -> str:
    """Return what a broker trusts (PEM)."""
    return "".join(one.certificate for one in authorities(folder))


def write_trusted(folder: Path) -> Path:
    """Write the file of what a broker trusts; return it."""
    return write_secret(folder, TRUSTED, trusted(folder))


def authorities(folder: Path) -> tuple[Pair, ...]:
    """Return the authorities that count, the one that signs first."""
    older = before(folder)
    return (read_authority(folder), *([older] if older else []))


def lists(folder: Path, revoked: Sequence[tuple[str, datetime]], now: datetime) -> str:
    """Return a list (CRL, PEM) of each authority: a broker that takes lists wants one of each that it trusts.

    Parameters
    ----------
    revoked
        Serial numbers in decimal and since when, of whichever authority: they are long random numbers.
    """
    return "".join(certificates.revocation_list(one, revoked, now) for one in authorities(folder))

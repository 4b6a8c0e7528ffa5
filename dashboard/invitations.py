"""Codes of invitations, and the links and square codes that carry them (docs/decisions/0147)."""

from __future__ import annotations

import base64
import io
import re
import secrets
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

import segno

from dashboard.authenticator import grouped, plain
from dashboard.entrance import hashed
from dashboard.language import marked

if TYPE_CHECKING:
    from datetime import datetime

    from core.runtime.settings import DashboardSettings
    from core.store.people import Offer

LASTS = timedelta(days=7)
CODE_BYTES = 16
LONGEST_NAME = 100
LONGEST_LOGIN_STEM = 20
UNKNOWN = marked("There is no such invitation. Check the code, or ask for a new link.")
USED = marked(
    "This invitation was used already. If it was not you, tell who sent it. Otherwise log in."
)
REVOKED = marked("This invitation was taken back. Ask who sent it for a new one.")
EXPIRED = marked("This invitation is too old. Ask who sent it for a new one.")


def new_code() -> str:
    """Make a code of 128 random bits, in letters and digits that can be read out."""
    return grouped(base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().rstrip("="))


def code_hash(code: str) -> bytes:
    """Return what the database keeps of a code, however it was typed."""
    return hashed(plain(code)[:LONGEST_NAME])


def base_address(settings: DashboardSettings) -> str:
    """Return the address of the pages as people type it, without a slash at its end."""
    base = settings.public_url or f"http://{settings.web_host}:{settings.web_port}"
    return base.rstrip("/")


def link(settings: DashboardSettings, code: str) -> str:
    """Return the address to send; the code stands where browsers send it to nobody."""
    return f"{base_address(settings)}/join#{code}"


def square(text: str) -> str:
    """Return a QR code as SVG that carries no style and no script."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out,
        kind="svg",
        border=4,
        light="#fff",
        dark="#000",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        svgclass="qr",
        lineclass=None,
        nl=False,
    )
    return out.getvalue().decode()


def trouble(offer: Offer | None, now: datetime) -> str:
    """Say why an invitation does not count; empty when it does."""
    if offer is None:
        return UNKNOWN
    if offer.used_at is not None:
        return USED
    if offer.revoked_at is not None:
        return REVOKED
    return EXPIRED if offer.expires_at <= now else ""


def clean_name(name: str) -> str:
    r"""Return a person's name as it is kept: on one line, without what can not be seen.

    Examples
    --------
    >>> clean_name("  Ruth\u0000  Carter\n ")
    'Ruth Carter'
    """
    seen = "".join(sign if unicodedata.category(sign)[0] != "C" else " " for sign in name)
    return " ".join(seen.split())[:LONGEST_NAME].strip()


def new_login(name: str) -> str:
    """Make a log-in name for a person. It is given, not chosen: nobody learns which ones there are.

    Examples
    --------
    >>> new_login("Ruth O’Hara")[:5], len(new_login("李"))
    ('ruth-', 11)
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stems = re.findall(r"[a-z]+", ascii_name)
    stem = stems[0][:LONGEST_LOGIN_STEM] if stems else "carer"
    return f"{stem}-{secrets.randbelow(90_000) + 10_000}"

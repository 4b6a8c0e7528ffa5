"""Letters on paper: a font of the host where there is one, else the plain ones of every PDF reader.

Nothing is bundled (docs/decisions/0158). DejaVu and Liberation may be embedded in documents by their
licences; Debian has them as ``fonts-dejavu-core`` and ``fonts-liberation``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDERS = tuple(
    Path(root, *below)
    for root in ("/usr/share/fonts", "/usr/local/share/fonts")
    for below in (
        ("truetype", "dejavu"),
        ("dejavu",),
        ("dejavu-sans-fonts",),
        ("TTF",),
        ("truetype", "liberation"),
        ("truetype", "liberation2"),
        ("liberation",),
        ("liberation-sans",),
        ("truetype", "noto"),
        ("noto",),
    )
)
PAIRS = (
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
    ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
)
_SPELLED = {
    "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "•": "-", "→": "->",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "ı": "i", "œ": "oe", "Œ": "OE", "ŋ": "ng",
    "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "þ": "th", "ð": "d",
}  # fmt: skip
_UNKNOWN = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typeface:
    """Two files of one font."""

    regular: Path
    bold: Path


def typeface(folders: Iterable[Path] = FOLDERS) -> Typeface | None:
    """Return a font of the host; None when it has none that we know."""
    places = tuple(folders)
    for regular, bold in PAIRS:
        for folder in places:
            if (folder / regular).is_file() and (folder / bold).is_file():
                return Typeface(regular=folder / regular, bold=folder / bold)
    return None


def printable(text: str, has: Callable[[str], bool]) -> tuple[str, bool]:
    """Return text with the signs that a font has, and whether a letter had to be simplified.

    Examples
    --------
    >>> def latin(sign: str) -> bool:
    ...     return ord(sign) < 256
    >>> printable("Wałęsa – Zoë’s", latin)
    ("Walesa - Zoë's", True)
    >>> printable("Zoë’s", latin)
    ("Zoë's", False)
    """
    signs, simplified = [], False
    for sign in unicodedata.normalize("NFC", text):
        if sign.isspace() or has(sign):
            signs.append(sign)
            continue
        spelled = _spelled(sign)
        signs.append("".join(one if has(one) else _UNKNOWN for one in spelled))
        simplified = simplified or sign.isalpha() or spelled == _UNKNOWN
    return "".join(signs), simplified


def _spelled(sign: str) -> str:
    known = _SPELLED.get(sign)
    if known is not None:
        return known
    apart = unicodedata.normalize("NFKD", sign)
    return (
        "".join(one for one in apart if not unicodedata.combining(one) and one != sign) or _UNKNOWN
    )

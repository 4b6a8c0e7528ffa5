"""A photo as it may be kept: looked at by its content, drawn anew, without place, camera or date."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from core.model.errors import Malformed
from dashboard.language import marked

KINDS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 60_000_000
"""What a phone takes; more is refused before it is unpacked."""
LEAST_SIDE = 120
"""Below nobody can be told from anybody."""
LONGEST_SIDE = 1400
"""A face of a third of the picture prints sharp at 7 cm with this."""
MOST_BYTES = 1_500_000
QUALITIES = (86, 72, 55)
ORIENTATION = 0x0112
"""Number of the note of how the phone was held (Exif 2.32, 4.6.4)."""
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_EXPECTED = marked("a picture: a JPEG, PNG or WebP file")
_TOO_LARGE = marked("a picture of at most %(n)s million pixels")
_TOO_SMALL = marked("a picture of at least %(n)s by %(n)s pixels")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawn:
    """A JPEG that holds nothing but the picture."""

    content: bytes
    width: int
    height: int


def redraw(sent: bytes) -> Redrawn:
    """Return the picture as a JPEG of bounded size, upright, with nothing else in it.

    Raises
    ------
    Malformed
        If it is no picture, too small or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(sent), formats=KINDS) as opened:
                picture = _upright(opened)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Malformed("photo", _EXPECTED) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Malformed("photo", _TOO_LARGE, n=MOST_PIXELS // 1_000_000) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return Redrawn(content=_packed(picture), width=picture.width, height=picture.height)


def _upright(opened: Image.Image) -> Image.Image:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise Malformed("photo", _TOO_LARGE, n=MOST_PIXELS // 1_000_000)
    if min(width, height) < LEAST_SIDE:
        raise Malformed("photo", _TOO_SMALL, n=LEAST_SIDE)
    # a large JPEG is unpacked at half or a quarter of its size: less memory, the same picture
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    turned = _turned(opened)
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        white = Image.new("RGBA", turned.size, "white")
        white.alpha_composite(turned.convert("RGBA"))
        turned = white
    pixels = turned.convert("RGB")
    # only the pixels: the information of the file goes along in a copy
    plain = Image.new("RGB", pixels.size)
    plain.paste(pixels)
    return plain


def _turned(opened: Image.Image) -> Image.Image:
    """Turn a picture as its file says that it was taken.

    Pillow's own way writes all notes of the file anew, which fails for those of some phones.
    """
    try:
        turn = _TURNS.get(opened.getexif().get(ORIENTATION, 1))
    except (struct.error, SyntaxError, TypeError, ValueError, LookupError, OSError):
        turn = None  # the notes can not be read: the picture can
    return opened if turn is None else opened.transpose(turn)


def _packed(picture: Image.Image) -> bytes:
    content = b""
    for quality in QUALITIES:
        page = io.BytesIO()
        picture.save(page, "JPEG", quality=quality, optimize=True)
        content = page.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content

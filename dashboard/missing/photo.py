"""A photo as it may be kept: looked at by its content, drawn anew, without place, camera or date."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from core.model.errors import Malformed

KINDS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 60_000_000
"""What a phone takes; more is refused before it is unpacked."""
LEAST_SIDE = 120
"""Below nobody can be told from anybody."""
LONGEST_SIDE = 1400
"""A face of a third of the picture prints sharp at 7 cm with this."""
MOST_BYTES = 1_500_000
QUALITIES = (86, 72, 55)
_EXPECTED = "a JPEG, PNG or WebP picture"


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
        raise Malformed("photo", f"at most {MOST_PIXELS // 1_000_000} million pixels") from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return Redrawn(content=_packed(picture), width=picture.width, height=picture.height)


def _upright(opened: Image.Image) -> Image.Image:
    width, height = opened.size
    if width * height > MOST_PIXELS:
        raise Malformed("photo", f"at most {MOST_PIXELS // 1_000_000} million pixels")
    if min(width, height) < LEAST_SIDE:
        raise Malformed("photo", f"a picture of at least {LEAST_SIDE} by {LEAST_SIDE} pixels")
    # a large JPEG is unpacked at half or a quarter of its size: less memory, the same picture
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    turned = ImageOps.exif_transpose(opened)
    if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
        white = Image.new("RGBA", turned.size, "white")
        white.alpha_composite(turned.convert("RGBA"))
        turned = white
    pixels = turned.convert("RGB")
    # only the pixels: the information of the file goes along in a copy
    plain = Image.new("RGB", pixels.size)
    plain.paste(pixels)
    return plain


def _packed(picture: Image.Image) -> bytes:
    content = b""
    for quality in QUALITIES:
        page = io.BytesIO()
        picture.save(page, "JPEG", quality=quality, optimize=True)
        content = page.getvalue()
        if len(content) <= MOST_BYTES:
            break
    return content

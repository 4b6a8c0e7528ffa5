"""The photo that may be kept, and the code of a link."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from core.model.errors import Malformed
from dashboard.missing import codes
from dashboard.missing.photo import LONGEST_SIDE, MOST_BYTES, redraw
from tests.dashboard.missing_words import a_photo


def test_a_photo_keeps_nothing_but_the_picture() -> None:
    exif = Image.Exif()
    exif[Base.Make.value] = "Camera of Ben"
    exif[Base.Orientation.value] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (53.0, 48.0, 0.0)
    sent = a_photo(exif=exif, comment=b"taken at Mill Lane")
    assert b"Camera of Ben" in sent
    drawn = redraw(sent)
    assert (drawn.width, drawn.height) == (1200, 900), "it stands upright"
    assert b"Camera of Ben" not in drawn.content
    assert b"Mill Lane" not in drawn.content
    with Image.open(io.BytesIO(drawn.content)) as again:
        assert again.format == "JPEG"
        assert dict(again.getexif()) == {}
        assert not {"exif", "comment", "icc_profile", "xmp"} & again.info.keys()


@pytest.mark.parametrize(
    "odd",
    [
        struct.pack("<HHI", 0x011A, 7, 4) + b"abcd",  # a resolution that is no number
        struct.pack("<HHI", 0xA005, 2, 4)
        + b"abc\0",  # a text where a place in the file should stand
        b"\xff" * 12,
    ],
)
def test_a_photo_with_odd_notes_is_taken_and_stands_upright(odd: bytes) -> None:
    turned = struct.pack("<HHIHH", Base.Orientation, 3, 1, 6, 0)
    notes = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + turned + odd + bytes(4)
    page = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(page, "JPEG", exif=notes)
    drawn = redraw(page.getvalue())
    assert (drawn.width, drawn.height) == (200, 300)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photos_of_phones_are_taken_and_bounded(kind: str) -> None:
    drawn = redraw(a_photo(kind, (3000, 4000)))
    assert max(drawn.width, drawn.height) == LONGEST_SIDE
    assert len(drawn.content) <= MOST_BYTES


def test_a_transparent_picture_gets_a_white_ground() -> None:
    page = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(page, "PNG")
    with Image.open(io.BytesIO(redraw(page.getvalue()).content)) as again:
        assert again.getpixel((150, 150)) == (255, 255, 255)


def a_bomb() -> bytes:
    """Draw some bytes that would unpack to a hundred million pixels."""
    page = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(page, "PNG")
    return page.getvalue()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        a_photo()[:400],
        a_photo("GIF"),
        a_photo("TIFF"),
        a_photo(size=(80, 80)),
        a_bomb(),
    ],
    ids=["nothing", "text", "svg", "pdf", "cut off", "gif", "tiff", "tiny", "bomb"],
)
def test_what_is_no_photo_is_refused_by_its_content(sent: bytes) -> None:
    with pytest.raises(Malformed, match="photo: expected"):
        redraw(sent)


@given(st.binary(max_size=400))
def test_no_bytes_do_worse_than_to_be_refused(sent: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"):
        with pytest.raises(Malformed):
            redraw(start + sent)


@given(st.text(max_size=80))
def test_a_code_is_read_however_it_is_typed(mess: str) -> None:
    code = codes.new_code()
    assert codes.plain(code.lower().replace("-", " ")) == code.replace("-", "")
    assert len(codes.plain(mess)) in {0, codes.LENGTH}


def test_codes_hold_no_letters_that_are_mistaken() -> None:
    assert not set("01OILU") & set(codes.ALPHABET)
    assert len({codes.new_code() for _ in range(1000)}) == 1000

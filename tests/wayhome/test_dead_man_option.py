"""``wayhome up --dead-man-url-file``: read and checked before anything starts, then given to the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.model.errors import Misconfigured
from wayhome.commands.up import address_in


def test_the_address_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("https://hc-ping.com/your-check\n")
    assert address_in(file) == "https://hc-ping.com/your-check"
    assert address_in(None) == ""


@pytest.mark.parametrize("text", ["http://elsewhere.example/x", "hc-ping.com/x", "file:///etc"])
def test_what_is_no_https_address_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "url"
    file.write_text(text)
    with pytest.raises(Misconfigured, match="https://"):
        address_in(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere can not be read"):
        address_in(tmp_path / "nowhere")

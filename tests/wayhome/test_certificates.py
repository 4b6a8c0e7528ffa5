"""What `wayhome certificates` and a change of authority do with files that are not what they should be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.model.errors import Misconfigured
from wayhome import certificates
from wayhome.cli import app
from wayhome.embedded import tls
from wayhome.identity import issuing, rotation
from wayhome.secret import write_secret

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"no certificate", b"\xff\xfe", b""])
def test_a_file_that_holds_no_certificate_is_named_and_the_others_are_shown(
    tmp_path: Path, content: bytes
) -> None:
    tls.hubs_authority(tmp_path, NOW)
    (tmp_path / "odd.crt").write_bytes(content)
    found = CliRunner().invoke(app, ["certificates", "show", "--folder", str(tmp_path), "--json"])
    assert found.exit_code == 1
    said = json.loads(found.stdout)
    assert [Path(one["file"]).name for one in said["certificates"]] == ["hubs-ca.crt"]
    assert [Path(one).name for one in said["unreadable"]] == ["odd.crt"]
    found = CliRunner().invoke(app, ["certificates", "show", "--folder", str(tmp_path)])
    assert found.exit_code == 1


def test_a_change_of_authority_that_was_broken_off_is_done_when_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    first = tls.hubs_authority(tmp_path, NOW)
    made = certificates.new_authority(NOW, "another")
    write_secret(tmp_path, rotation.BEFORE_KEY, first.key)
    write_secret(tmp_path, rotation.BEFORE, first.certificate)
    write_secret(tmp_path, issuing.AUTHORITY_KEY, made.key)  # and then the power failed
    with pytest.raises(Misconfigured, match="another"):
        certificates.new_client(issuing.read_authority(tmp_path), "x", NOW, timedelta(days=1))
    rotation.begin(tmp_path, NOW)
    assert rotation.before(tmp_path) == first
    present = issuing.read_authority(tmp_path)
    assert certificates.new_client(present, "x", NOW, timedelta(days=1)).certificate
    with pytest.raises(Misconfigured, match="already"):
        rotation.begin(tmp_path, NOW)


def test_an_end_that_was_broken_off_leaves_no_key(tmp_path: Path) -> None:
    tls.hubs_authority(tmp_path, NOW)
    rotation.begin(tmp_path, NOW)
    (tmp_path / rotation.BEFORE).unlink()  # and then the power failed
    with pytest.raises(Misconfigured):
        rotation.end(tmp_path)
    assert not (tmp_path / rotation.BEFORE_KEY).exists()

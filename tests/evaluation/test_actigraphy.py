from __future__ import annotations

import json
import lzma
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from analytics.evaluation.actigraphy import metric, report
from analytics.evaluation.recordings import read
from core.model.circadian import Convention
from core.model.errors import Misconfigured
from wayhome.commands.evaluate import app

PY = Convention.PYACTIGRAPHY
START = datetime(2020, 3, 27, 14, 30)  # noqa: DTZ001


def written(folder: Path, name: str, stamps: list[str], values: list[float]) -> Path:
    rows = "".join(f"{stamp},x,{value:g}\n" for stamp, value in zip(stamps, values, strict=True))
    path = folder / name
    text = f"timestamp,date,activity\n{rows}"
    if path.suffix == ".xz":
        path.write_bytes(lzma.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def minutes(count: int, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    return [f"{START + timedelta(minutes=number):{form}}" for number in range(count)]


@pytest.mark.data
def test_every_metric_agrees_with_pyactigraphy(data_folder: Path) -> None:
    found = report(data_folder / "actigraphy")
    assert found["recordings"] == 19
    assert max(found["max_abs_difference"].values()) < 1e-9
    assert found["agree_1e6"] == found["compared"]
    assert found["compared"]["IS"] == found["compared"]["ADAT"] == 19
    assert found["reference_lacks"]["SRI"] == "all"
    assert found["other_input"] == []


def test_all_forms_of_time_stamps_are_the_same_record(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 300, 3000).tolist()
    iso = read(written(tmp_path, "iso.csv", minutes(3000), values))
    other = iso
    for form in ("%-d/%-m/%Y %-H:%M", "%Y-%m-%d %-H:%M:%S", "%m/%d/%Y %H:%M"):
        other = read(written(tmp_path, "other.csv.xz", minutes(3000, form), values))
        assert other.start == iso.start
        assert other.activity.tolist() == iso.activity.tolist()
    assert other.name == "other.csv"


def test_a_gap_is_not_known_and_an_hour_said_twice_is_read_as_the_reference_read_it(
    tmp_path: Path,
) -> None:
    stamps = minutes(600)
    skipped = read(written(tmp_path, "gap.csv", stamps[:100] + stamps[160:], [1.0] * 540))
    assert (len(skipped.activity), int(np.isnan(skipped.activity).sum())) == (600, 60)
    twice = written(tmp_path, "twice.csv", stamps[:120] + stamps[60:], [1.0] * 120 + [5.0] * 540)
    assert np.mean(read(twice).activity) == pytest.approx((120 + 480 * 5) / 600)
    known = {"n": 600, "nan": 0, "mean": (60 + 60 * 6 + 480 * 5) / 600}
    assert np.mean(read(twice, known).activity) == pytest.approx(known["mean"])


def test_names_say_the_threshold_and_unknown_names_are_none(tmp_path: Path) -> None:
    values = np.random.default_rng(2).integers(0, 20, 5 * 1440).tolist()
    record = read(written(tmp_path, "one.csv", minutes(5 * 1440), values))
    low, high = (metric(record, f"M10_bin{cut}", PY) for cut in (4, 15))
    assert low is not None
    assert high is not None
    assert low > high
    assert metric(record, "SRI", PY) is None
    assert metric(record, "nan", PY) is None


def test_a_command_prints_the_keys(tmp_path: Path) -> None:
    values = np.random.default_rng(3).integers(0, 20, 3 * 1440).tolist()
    path = written(tmp_path, "one.csv", minutes(3 * 1440), values)
    right = metric(read(path), "IS", PY)
    known = {
        "one.csv": {"IS": right, "IV": 99.0, "kRA": "ERR ValueError", "start": "2020", "L5": None},
        "gone.csv": {"IS": 1.0},
    }
    (tmp_path / "reference_metrics_x.json").write_text(json.dumps(known))
    result = CliRunner().invoke(app, ["actigraphy", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["recordings"] == 1
    assert found["agree_1e6"] == {"IS": 1, "IV": 0}
    assert found["max_abs_difference"]["IV"] > 90
    assert found["reference_lacks"] == {"kRA": "all", "L5": "all"}
    assert found["references_without_recording"] == ["gone.csv"]


def test_another_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="expected recordings"):
        report(tmp_path)
    written(tmp_path, "one.csv", minutes(3), [1.0] * 3)
    with pytest.raises(Misconfigured, match="reference_metrics"):
        report(tmp_path)
    (tmp_path / "reference_metrics_x.json").write_text("[1]")
    with pytest.raises(Misconfigured, match="metric"):
        report(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("when,what\n1,2\n")
    with pytest.raises(Misconfigured, match="timestamp and activity"):
        read(bad)

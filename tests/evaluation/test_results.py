"""What the page of results says follows from the saved reports, pictures included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from analytics.evaluation import drawing, results, saving, sections
from analytics.plain_words import FORBIDDEN
from core.model.errors import Misconfigured
from scripts import docs
from tests.journeys.commands import answer, run

if TYPE_CHECKING:
    from pathlib import Path

RATE = {"sensitivity": 0.9, "specificity": 0.8, "auc": 0.95}
KNOCK = {
    **RATE,
    "sensitivity_interval": [0.85, 0.95],
    "specificity_interval": [0.7, 0.9],
    "falls": 10,
    "activities": 20,
    "activity_hours": 0.5,
}
FALLS = {
    "people": 9,
    **dict.fromkeys(("rule", "rule_refitted", "model"), KNOCK),
    "young": {"rule": KNOCK},
    "older": {"rule": {**KNOCK, "sensitivity": None}},
    "controls": {"peak_alone": RATE, "at_random": RATE},
    "curves": {"model": [[0.0, 0.1], [1.0, 1.0]], "peak_alone": [[0.0, 0.0], [1.0, 1.0]]},
    "targets": {"rule": RATE, "model": RATE},
}
SILENCE = {
    "false_per_week": 0.6,
    "false_per_week_interval": [0.4, 0.8],
    "injected": 100,
    "detected": 99,
    "delay_h": {"day_mean": 2.6, "night_mean": 5.0},
}
CONTROLS = ("fixed_2h", "fixed_4h", "fixed_6h", "fixed_12h", "max_plus_buffer", "history_only")
TIHM = {
    "people_counted": 20,
    "inactivity": SILENCE,
    "curve": [{**SILENCE, "price_h": 1.0, "chosen": True}, {**SILENCE, "price_h": 3.0}],
    "controls": dict.fromkeys((*CONTROLS, "random", "periodic"), SILENCE),
    "about": {"urgent": {"exit": 0.2}, "notice": {"exit": 0.1, "walking": 0.3}},
    "agitation": {"auc_within_person": 0.7, "auc_within_person_interval": [0.6, 0.8]},
}
STRESS = {"false": [10, 12], "false_ratio": 1.2, "recall_drop": 0.04}
SIMULATED = {
    "homes": 200,
    "detectors": {
        "sos": {
            "episodes": 3,
            "recall": 1.0,
            "recall_interval": [0.4, 1.0],
            "false_per_week": 0.0,
            "false_interval": [0.0, 0.2],
            "delay_min": {"median": 0.1, "p90": None},
        }
    },
    "controls": {"same_rate": {"sos": {"random_recall": 0.01, "periodic_recall": 0.02}}},
    "targets": [{"row": "a row", "target": "<= 1", "reached": 2.0, "met": False}],
    "robustness": {
        "most_ratio": 1.5,
        "most_drop": 0.03,
        "stresses": {"hub_outage": {"all": STRESS, "passes": False}},
    },
}
EARLIER = {**SILENCE, "lies_1_h": {"share": 0.2}, "lies_3_h": {"share": 0.6}}
STILLNESS = {
    "homes": 24,
    "shipped": EARLIER,
    "curve": [{**EARLIER, "price_h": 1.5}, {**EARLIER, "price_h": 3.0}],
    "fixed": [{**EARLIER, "hours": 2.0}],
    "silent": {"lies": 40, "share": 0.5, "interval": [0.3, 0.7]},
    "aims": {"false_per_day": 0.02, "day_mean_h": 1.25, "lies_1_h": 0.8, "lies_3_h": 0.98},
}
REPORTS: dict[str, dict[str, Any]] = {
    "tihm": TIHM,
    "falls": FALLS,
    "simulated": SIMULATED,
    "stillness": STILLNESS,
}


def test_each_table_has_what_any_detector_must_beat() -> None:
    text = results.page(REPORTS)
    assert "| fixed 12 h | 0.6 (0.4–0.8) | 99 of 100 | 2.6 | 5 |" in text
    assert "| hardest knock alone | all | 0.9 | 0.8 | 0.95 |  |" in text
    assert "| sos | 3 | 1 (0.4–1) | 0.01 | 0.02 | 0 (0–0.2) | 0.1 | – |" in text
    assert "| hub outage | 10 → 12 | 1.2 | 0.04 | no |" in text
    assert "| a row | <= 1 | 2 | no |" in text
    assert "history only" in text


def test_what_was_not_run_says_so_and_what_is_not_known_is_shown_plainly() -> None:
    text = results.page(
        {"tracks": {"tracks": 805, "rate": {"value": 0.25, "interval": [0.1, 0.4]}}}
    )
    assert text.count("Not run yet.") == len(results.STUDIES)
    assert "## Tracks" in text
    assert "| rate: interval | 0.1–0.4 |" in text


@pytest.mark.parametrize("name", results.STUDIES)
def test_a_report_without_figures_makes_a_page_of_dashes(name: str) -> None:
    assert "None" not in results.page({name: {}})


def test_the_page_names_its_limits_and_no_illness_of_the_reader() -> None:
    text = results.page({})
    assert "Nothing here diagnoses" in text
    assert "No public record has labelled long lies" in text
    assert not FORBIDDEN.search(sections.number(0.1))


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_pictures_are_the_same_each_time_and_stand_on_the_page(name: str) -> None:
    first, second = (drawing.pictures(name, REPORTS[name]) for _ in range(2))
    assert first == second
    assert first.keys() == drawing.PICTURES[name].keys()
    page = results.page(REPORTS)
    for picture, svg in first.items():
        assert ET.fromstring(svg).tag.endswith("svg")  # noqa: S314 (our own)
        assert len(svg) < 60_000
        words = drawing.PICTURES[name][picture][1]
        assert f"![{words}](results/{name}-{picture}.svg)" in page


def test_a_report_is_kept_with_its_pictures(tmp_path: Path) -> None:
    saving.save(tmp_path, "falls", {**FALLS, "odd": np.float64("nan"), "few": np.array([1, 2])})
    kept = json.loads((tmp_path / "falls.json").read_text("utf-8"))
    assert kept["odd"] is None
    assert kept["few"] == [1, 2]
    assert (tmp_path / "falls-curves.svg").read_bytes().startswith(b"<?xml")


def test_every_saved_report_of_ours_stands_on_the_page_with_its_pictures() -> None:
    folder = docs.FOLDER / "results"
    page = docs.render("detection-results")
    for path in folder.glob("*.json"):
        for picture in drawing.shown(path.stem, json.loads(path.read_bytes())):
            assert (folder / f"{path.stem}-{picture}.svg").exists(), "run wayhome evaluate report"
            assert f"results/{path.stem}-{picture}.svg" in page


def test_saved_reports_tell_of_no_single_person() -> None:
    for path in (docs.FOLDER / "results").glob("*.json"):
        keys = set(_keys(json.loads(path.read_bytes())))
        assert not keys & {"patient_id", "by_person", "by_home", "by_patient"}, path.name


def _keys(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for inner in value.values() for key in _keys(inner))]
    return [key for inner in value for key in _keys(inner)] if isinstance(value, list) else []


@pytest.mark.journey
async def test_the_command_writes_the_page_and_refuses_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "falls.json").write_text(json.dumps(FALLS), "utf-8")
    out = tmp_path / "page.md"
    report = await answer("evaluate", "report", "--results", tmp_path, "--out", out, "--json")
    assert report["reports"] == ["falls"]
    assert report["pictures"] == ["falls-curves.svg"]
    assert out.read_text("utf-8").startswith("# Detection: results\n")
    (tmp_path / "worse.json").write_text("[]", "utf-8")
    status, _, err = await run("evaluate", "report", "--results", tmp_path)
    assert status == 1
    assert "worse.json" in err


def test_without_matplotlib_pictures_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(Misconfigured, match=r"wayhome\[figures\]"):
        drawing.pictures("falls", FALLS)


def test_the_likeness_of_simulated_homes_stands_beside_that_of_real_ones() -> None:
    part = {"transitions_js": 0.04, "rhythm": {"IS": {"simulated": [0.3, 0.4, 0.5]}}}
    text = results.page({"calibration": {"all": part, "halves": {**part, "transitions_js": 0.02}}})
    assert "| from which room to which: divergence, bits | < 0.05 | 0.04 | – | 0.02 |" in text
    assert "| likeness of the days, median | 0.49–0.63 | 0.4 | – | 0.4 |" in text

from __future__ import annotations

import lzma
import math
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from analytics.evaluation.agitation import VARIANTS, Scored, agitation, figures, read_labels
from core.model.errors import Misconfigured

START = datetime(2019, 4, 2)  # noqa: DTZ001


def record(folder: Path, people: int, days: int, *, prompted: bool) -> Path:
    """People who move about more on every sixth day from the tenth on; those days get a label."""
    rng = np.random.default_rng(1)
    rows, labels = [], ["patient_id,date,type"]
    for person in range(people):
        for day in range(days):
            restless = day > 10 and day % 6 == person % 6
            at = START + timedelta(days=day)
            if restless:
                labels.append(f"p{person},{at + timedelta(hours=12)},Agitation")
            count = int(rng.poisson(160 if restless and prompted else 100))
            for minute in np.sort(rng.uniform(7 * 60, 23 * 60, count)):
                place = ("hallway", "kitchen", "bedroom", "lounge")[int(rng.integers(4))]
                when = at + timedelta(minutes=float(minute))
                rows.append((when, f"p{person},{place},{when:%Y-%m-%d %H:%M:%S}"))
    text = "patient_id,location_name,date\n" + "\n".join(row for _, row in sorted(rows))
    folder.mkdir()
    (folder / "Activity.csv.xz").write_bytes(lzma.compress(text.encode()))
    (folder / "Labels.csv").write_text("\n".join(labels))
    return folder


def test_days_with_more_movement_rank_first_without_a_label_being_seen(tmp_path: Path) -> None:
    found = agitation(record(tmp_path / "prompted", 4, 40, prompted=True))
    assert found["people"] == 4.0
    assert isinstance(found["auc_within_person"], float)
    assert found["auc_within_person"] > 0.9
    assert isinstance(found["recall_at_0_35_per_week"], float)
    assert found["recall_at_0_35_per_week"] > 0.2
    interval = found["auc_within_person_interval"]
    assert isinstance(interval, list)
    assert interval[0] is not None
    assert interval[0] > 0.8
    assert isinstance(found["variants_within_person"], dict)
    assert set(found["variants_within_person"]) == set(VARIANTS)


def test_labels_that_mean_nothing_rank_like_chance(tmp_path: Path) -> None:
    found = agitation(record(tmp_path / "chance", 4, 40, prompted=False))
    assert isinstance(found["auc_within_person"], float)
    assert 0.3 < found["auc_within_person"] < 0.7


def test_without_a_label_there_is_no_area() -> None:
    one = Scored(person="a", day=1, label=False, scores=(1.0,) * 6, distance=1.0, history=0.05)
    found = figures([one, one])
    assert isinstance(found["auc"], float)
    assert math.isnan(found["auc"])
    assert found["auc_interval"] == [None, None]


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"Labels\.csv"):
        read_labels(tmp_path)


@pytest.mark.data
def test_the_real_record(data_folder: Path) -> None:
    found = agitation(data_folder / "tihm")
    assert found["labelled_days"] == 50.0
    assert isinstance(found["auc_within_person"], float)
    assert found["auc_within_person"] >= 0.78
    assert isinstance(found["auc_history_only"], float)
    assert 0.7 < found["auc_history_only"] < 0.9

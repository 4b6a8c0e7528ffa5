"""Results on disk: one JSON object a study, and its pictures, for the page of results."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.evaluation import drawing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DIGITS = 4


def save(
    folder: Path, name: str, report: Mapping[str, Any], figures: Mapping[str, bytes] | None = None
) -> None:
    """Write ``NAME.json`` and each figure, given as the bytes of an SVG, as ``NAME-FIGURE.svg``.

    Without ``figures`` those that `drawing` knows for the study are drawn, where matplotlib is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = plain(report)
    text = json.dumps(kept, indent=1, sort_keys=True, allow_nan=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if figures is None and find_spec("matplotlib") is not None:
        figures = drawing.pictures(name, kept)
    for figure, picture in (figures or {}).items():
        (folder / f"{name}-{figure}.svg").write_bytes(picture)


def plain(value: Any) -> Any:
    """Return ``value`` as JSON has it: numbers with four digits, no NaN (null), no numpy types.

    Examples
    --------
    >>> plain({"rate": np.float64(0.123456), "none": float("nan"), "pair": (1, 2)})
    {'rate': 0.1235, 'none': None, 'pair': [1, 2]}
    """
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(inner) for inner in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        number = float(value)
        return float(f"{number:.{DIGITS}g}") if np.isfinite(number) else None
    return value

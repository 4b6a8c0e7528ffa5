"""Pictures of results as SVG, from the saved JSON: readable in print, told apart by shape too.

Needs matplotlib, an extra: ``pip install 'wayhome[figures]'``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from core.model.errors import Misconfigured

Report = Mapping[str, Any]
BLUE, ORANGE, GREY, BLACK = "#0b5fa5", "#b34700", "#6b6b6b", "#111111"
"""Dark enough on white; told apart by who sees no red or green."""
_FIXED = {"fixed_2h": "2 h", "fixed_4h": "4 h", "fixed_6h": "6 h", "fixed_12h": "12 h"}
_CONTROLS = {
    "max_plus_buffer": ("longest so far and a quarter", "D"),
    "history_only": ("own past, whatever hour or room", "^"),
    "random": ("at random", "x"),
    "periodic": ("by the clock", "+"),
}


def pictures(name: str, report: Report) -> dict[str, bytes]:
    """Return the pictures of a study by name, as SVG; the same bytes for the same report.

    Raises
    ------
    Misconfigured
        If matplotlib is not there.
    """
    return {picture: _drawn(PICTURES[name][picture][2], report) for picture in shown(name, report)}


def _drawn(draw: Callable[[Any, Report], None], report: Report) -> bytes:
    try:
        import matplotlib as mpl  # noqa: PLC0415 (an extra that a watching home does not have)
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise Misconfigured(
            "pictures: expected matplotlib: pip install 'wayhome[figures]'"
        ) from error
    style: Any = {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "wayhome",
        "font.family": "sans-serif",
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.2, 3.7), layout="constrained")
        draw(figure, report)
        written = io.BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue().decode()
    return "\n".join(line.rstrip() for line in text.splitlines()).encode() + b"\n"


# Silence in real homes


def _delay(figure: Any, report: Report) -> None:
    axes = figure.subplots()
    with _boxes(axes) as box:
        box((0.75, 3.0), "aim")
        box((0.5, 2.5), "excellent")
    curve = [(row["false_per_week"], row["delay_h"]["day_mean"]) for row in report["curve"]]
    axes.plot(
        *zip(*curve, strict=True), "-o", color=BLUE, ms=4, lw=1.4, label="Wayhome, other prices"
    )
    now = report["inactivity"]
    here = (now["false_per_week"], now["delay_h"]["day_mean"])
    low, high = now["false_per_week_interval"]
    axes.errorbar(
        *here, xerr=[[here[0] - low], [high - here[0]]], fmt="*", ms=13, color=BLUE, capsize=3,
        label="Wayhome as shipped (95 %)",
    )  # fmt: skip
    fixed = [(name, report["controls"][key]) for key, name in _FIXED.items()]
    squares = [(row["false_per_week"], row["delay_h"]["day_mean"]) for _, row in fixed]
    axes.plot(
        *zip(*squares, strict=True), "s", color=ORANGE, ms=5, mfc="none", label="fixed silence"
    )
    for (name, _), point in zip(fixed, squares, strict=True):
        axes.annotate(name, point, xytext=(6, -3), textcoords="offset points", color=ORANGE, size=8)
    for key, (label, marker) in _CONTROLS.items():
        row = report["controls"][key]
        point = (row["false_per_week"], row["delay_h"]["day_mean"])
        axes.plot(*point, marker, color=ORANGE, ms=6, mfc="none", label=label)
    axes.set_xscale("log")
    axes.set_xticks(
        [0.1, 0.25, 0.5, 1, 2, 5, 10, 20], ["0.1", "0.25", "0.5", "1", "2", "5", "10", "20"]
    )
    axes.minorticks_off()
    axes.set_xlim(0.09, 22)
    axes.set_ylim(0, 14.2)
    axes.set_xlabel("false alarms a person-week, on the record as it is")
    axes.set_ylabel("mean hours until told, by day")
    axes.legend(loc="center left", bbox_to_anchor=(0.0, 0.55), frameon=False, fontsize=8)


@contextmanager
def _boxes(axes: Any) -> Iterator[Callable[[tuple[float, float], str], None]]:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 (see above)

    def box(corner: tuple[float, float], label: str) -> None:
        axes.add_patch(
            Rectangle(
                (0.01, 0.0), corner[0] - 0.01, corner[1], fc="#00000010", ec=GREY, lw=0.8, ls="--"
            )
        )
        axes.annotate(
            label,
            corner,
            xytext=(-3, -10),
            textcoords="offset points",
            ha="right",
            size=8,
            color=GREY,
        )

    yield box


def _about(figure: Any, report: Report) -> None:
    axes = figure.subplots()
    kinds = (("urgent", BLACK), ("notice", "white"), ("device", "#c9c9c9"))
    about = report["about"]
    names = sorted({name for kind, _ in kinds for name in about.get(kind, {})})
    names.sort(key=lambda name: sum(about.get(kind, {}).get(name, 0.0) for kind, _ in kinds))
    labels = [name.replace("_", " ") for name in names]
    left = [0.0] * len(names)
    for kind, fill in kinds:
        rates = [about.get(kind, {}).get(name, 0.0) for name in names]
        axes.barh(labels, rates, left=left, color=fill, ec=BLACK, lw=1, label=kind, height=0.7)
        left = [before + rate for before, rate in zip(left, rates, strict=True)]
    axes.set_xlabel("incidents told a person-week, on the record as it is")
    axes.margins(x=0.02)
    axes.legend(frameon=False, fontsize=8, loc="lower right")


# Falls


def _roc(figure: Any, report: Report) -> None:
    axes = figure.subplots()
    lines = (
        ("model", "model (not shipped)", BLUE, "-"),
        ("peak_alone", "hardest knock alone", GREY, "--"),
    )
    for key, label, colour, style in lines:
        points = report["curves"][key]
        axes.plot(*zip(*points, strict=True), style, color=colour, lw=1.5, label=label)
    marks = (
        ("model", "model, its operating point", "o", BLUE),
        ("rule", "rule as shipped", "*", BLACK),
    )
    for key, label, marker, colour in marks:
        row, aim = report[key], report["targets"][key]
        point = (1 - row["specificity"], row["sensitivity"])
        axes.plot(*point, marker, color=colour, ms=9, label=label)
        goal = (1 - aim["specificity"], aim["sensitivity"])
        axes.plot(*goal, marker, color=ORANGE, ms=9, mfc="none", label=f"aim of the {key}")
    axes.set_xlim(-0.005, 0.5)
    axes.set_ylim(0.4, 1.012)
    axes.set_xlabel("share of daily activities that count as a knock")
    axes.set_ylabel("share of falls that do")
    axes.legend(frameon=False, fontsize=8, loc="lower right")


# Simulated homes


def _detectors(figure: Any, report: Report) -> None:
    found = dict(report["detectors"])
    names = sorted(found, reverse=True)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, name in enumerate(names):
        row = found[name]
        if row["recall"] is not None:
            _dot(left, place, row["recall"], row.get("recall_interval"), BLUE, "o")
        control = report.get("controls", {}).get("same_rate", {}).get(name)
        if control:
            left.plot(control["random_recall"], place, "x", color=ORANGE, ms=6)
        _dot(right, place, row["false_per_week"], row.get("false_interval"), BLUE, "s")
    left.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    left.set_xlim(-0.02, 1.02)
    left.set_xlabel("share of episodes noticed\n(x: at random at the same rate)")
    right.set_xlabel("false a resident-week")
    right.set_xlim(left=0)
    for axes in (left, right):
        axes.grid(axis="y", color="#dddddd", lw=0.6)


def _dot(
    axes: Any,
    place: int,
    value: float,
    interval: Sequence[float | None] | None,
    colour: str,
    marker: str,
) -> None:
    low, high = interval or (None, None)
    error = None
    if low is not None and high is not None:
        error = [[max(value - low, 0.0)], [max(high - value, 0.0)]]
    axes.errorbar(value, place, xerr=error, fmt=marker, color=colour, ms=5, capsize=2, lw=1)


def _robustness(figure: Any, report: Report) -> None:
    suite = report["robustness"]
    names = sorted(suite["stresses"], reverse=True)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, name in enumerate(names):
        whole = suite["stresses"][name]["all"]
        for axes, value, limit in (
            (left, whole["false_ratio"], suite["most_ratio"]),
            (right, whole["recall_drop"], suite["most_drop"]),
        ):
            if value is not None:
                within = value <= limit
                axes.plot(
                    value, place, "o" if within else "X", color=BLUE if within else ORANGE, ms=6
                )
    left.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    for axes, limit, label in (
        (left, suite["most_ratio"], "false alarms, times those without the stress"),
        (right, suite["most_drop"], "share of episodes lost by it"),
    ):
        axes.axvline(limit, color=GREY, ls="--", lw=1)
        axes.set_xlabel(f"{label}\n(dashed: most that is allowed)")
        axes.grid(axis="y", color="#dddddd", lw=0.6)
    left.set_xlim(left=0)


def _stillness(figure: Any, report: Report) -> None:
    left, right = figure.subplots(1, 2)
    shown_of: tuple[tuple[Any, str, Callable[[Report], float | None]], ...] = (
        (left, "mean hours until told, by day", lambda row: row["delay_h"]["day_mean"]),
        (right, "lies of 1 h told within it", lambda row: row["lies_1_h"]["share"]),
    )
    for axes, label, value in shown_of:
        for rows, style, colour, name in (
            (report["curve"], "-o", BLUE, "Wayhome, other prices"),
            (report["fixed"], "s", ORANGE, "fixed 2, 4, 6, 12 h"),
            ([report["shipped"]], "*", BLACK, "Wayhome as shipped"),
        ):
            points = [(row["false_per_week"], value(row)) for row in rows if row["false_per_week"]]
            size = 11 if style == "*" else 4
            axes.plot(*zip(*points, strict=True), style, color=colour, ms=size, lw=1.4, label=name)
        axes.set_xscale("log")
        axes.set_xlabel("false alarms a resident-week")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
    aims = report["aims"]
    left.plot(7 * aims["false_per_day"], aims["day_mean_h"], "P", color=GREY, ms=8, label="aim")
    right.plot(7 * aims["false_per_day"], aims["lies_1_h"], "P", color=GREY, ms=8)
    right.set_ylim(0, 1.02)
    left.legend(frameon=False, fontsize=8)


_Pictured = tuple[tuple[str, ...], str, Callable[[Any, Report], None]]
_DELAY = (
    "Mean hours until a silence is told, by day, against false alarms a person-week: Wayhome at several"
    " prices of a false alarm, beside fixed limits, the longest silence so far, the own past and alarms at"
    " random."
)
_ABOUT = "Incidents told a person-week by detector: urgent ones, notices and device notices."
_CURVES = (
    "Share of falls noticed against share of daily activities that count: the model, the hardest knock"
    " alone, the rule as shipped and the aims."
)
_NOTICED = (
    "Share of episodes noticed and false findings a resident-week, by detector, with intervals, beside alarms"
    " at random at the same rate."
)
_EARLIER = (
    "Mean hours until a silence by day is told, and share of the lies of an hour told within it, against"
    " false alarms a resident-week: Wayhome at several prices of a false alarm, fixed limits and the aims."
)
_STRESSED = "False alarms and lost episodes under each stress, beside the most that is allowed."
PICTURES: dict[str, dict[str, _Pictured]] = {
    "tihm": {
        "delay": (("curve", "inactivity", "controls"), _DELAY, _delay),
        "about": (("about",), _ABOUT, _about),
    },
    "falls": {"curves": (("curves", "targets"), _CURVES, _roc)},
    "stillness": {"earlier": (("curve", "fixed", "shipped", "aims"), _EARLIER, _stillness)},
    "simulated": {
        "detectors": (("detectors",), _NOTICED, _detectors),
        "robustness": (("robustness",), _STRESSED, _robustness),
    },
}
"""Study → picture → (keys of the report that it needs, what it shows in words, how it is drawn)."""


def shown(name: str, report: Report) -> dict[str, str]:
    """Return the pictures that a report can give, with what each shows in words."""
    return {
        picture: words
        for picture, (needs, words, _) in PICTURES.get(name, {}).items()
        if all(key in report for key in needs)
    }

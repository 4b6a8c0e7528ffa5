"""What a report says in plain sentences: they describe, with numbers, and never say why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LAST = "These sentences describe what sensors told. They do not say why, and they do not diagnose."
_HALF = "(half of the days: {from_text} to {to_text})"
_DESCRIBED = {
    "active": f"On the middle day sensors told of a person in {{median_text}} of the day {_HALF}.",
    "to_bed": f"To bed at {{median_text}} on the middle day {_HALF}.",
    "up": f"Up at {{median_text}} on the middle day {_HALF}.",
    "exits": f"Times out of bed: {{median_text}} in the middle night {_HALF}; most: {{highest_text}}.",
    "bathroom_night": f"Bathroom visits at night: {{median_text}} on the middle day {_HALF}.",
    "kitchen": f"Kitchen visits: {{median_text}} on the middle day {_HALF}.",
    "outings": "Outings: {median_text} on the middle day; most on a day: {highest_text}.",
}


def summary(told: Mapping[str, Any]) -> list[str]:
    """Return the sentences, the most telling first."""
    rows = {one["key"]: one for one in told["measures"]}
    found = [_coverage(told["coverage"])]
    found += [_change(one) for one in told["at_the_end"] if one["verdict"] != "within"]
    if told["at_the_end"] and len(found) == 1:
        found.append(
            "In the last 7 days nothing that is counted here lay outside what was usual in the days before."
        )
    if not told["at_the_end"]:
        found.append(
            "There are too few days to hold the last 7 against what was usual before them."
        )
    found += [words.format(**rows[key]) for key, words in _DESCRIBED.items() if key in rows]
    found.append(_alerts(told["alerts"]))
    if told["not_measured"]:
        found.append(f"Not measured: {', '.join(told['not_measured'])}.")
    return [*found, LAST]


def _coverage(one: Mapping[str, Any]) -> str:
    text = f"{one['days_counted']} of {one['days_over']} days count; {one['seen_text']} of the time was seen."
    if one["days_left_out"]:
        text += f" Left out by a mark: {one['days_left_out']}."
    if one["days_missing"]:
        text += f" Too little seen to count: {one['days_missing']}."
    return text


def _change(one: Mapping[str, Any]) -> str:
    return (
        f"{one['name']}: {one['last_text']} in the last 7 days; before usually {one['usual_text']}, from"
        f" {one['low_text']} to {one['high_text']} ({one['days']} days)."
    )


def _alerts(alerts: list[dict[str, Any]]) -> str:
    if not alerts:
        return "There was no alert in this time."
    urgent = sum(one["severity"] == "Act now" for one in alerts)
    text = f"Alerts in this time: {len(alerts)}"
    return f"{text}, of them to act on now: {urgent}." if urgent else f"{text}."

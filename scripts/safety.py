"""Read the hazard log and the impact assessment, ``docs/safety/*.toml``, and draw them as pages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.hardening import FOLDER, link

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEVERITIES = ("minor", "significant", "considerable", "major", "catastrophic")
LIKELIHOODS = ("very low", "low", "medium", "high", "very high")
MATRIX = {
    "very high": (3, 4, 4, 5, 5),
    "high": (2, 3, 3, 4, 5),
    "medium": (2, 2, 3, 3, 4),
    "low": (1, 2, 2, 3, 4),
    "very low": (1, 1, 2, 2, 3),
}
"""Risk by likelihood and severity: the example matrix of the implementation guidance for DCB0129 (NHS
Digital, version 3.2, tables 7 to 10), compared cell by cell with copies of it (docs/decisions/0214)."""
ACCEPTABLE = 2
MEANINGS = {
    "catastrophic": "Death, or harm that changes a life for good, of several people",
    "major": "The same of one person; or severe injury of several, from which they recover soon",
    "considerable": "Severe injury of one person, from which they recover soon; or lasting minor ones"
    " of several",
    "significant": "Lasting minor injury of one person; or short minor injury or upset of several",
    "minor": "Short minor injury or upset of one person; inconvenience",
}
LIKELY = {
    "very high": "Certain or almost",
    "high": "Not certain, but expected in most cases",
    "medium": "Possible",
    "low": "Could happen; on by far the most occasions it will not",
    "very low": "Negligible or nearly so",
}
LEVELS = {
    5: "Not acceptable",
    4: "Not acceptable: take the hazard away, or add something that brings the risk down",
    3: "Undesirable: bring it down; accepted only where that is impractical, by somebody with a name",
    2: "Accepted where bringing it down costs more than it gains, or is impractical",
    1: "Accepted",
}
ASKED = (
    "No program can take these. Who answers one writes the answer, the name and the day into the"
    " organisation's own log; then the hazard is closed there. (In the words of the guidance: it is"
    " *transferred* to who deploys, and *open* where that is the product owner.)"
)
STRICTER = (
    "The guidance calls the death of one person *major* and that of several *catastrophic*. This log is"
    " stricter: a fault of a program is the same in every home, so what may cost one life is *catastrophic*"
    " here. Whoever deploys Wayhome may judge otherwise in the own log, and says why."
)
HARMS, CHANCES = ("minimal", "significant", "severe"), ("remote", "possible", "probable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that stands against a risk."""

    what: str
    #: ``path::name`` of tests that fail when it no longer holds.
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """One line of the hazard log."""

    id: str
    title: str
    description: str
    causes: tuple[str, ...]
    effect: str
    severity: str
    likelihood: str
    controls: tuple[Measure, ...]
    residual_severity: str
    residual_likelihood: str
    owner: str
    status: str
    remaining: str = ""
    #: What would help and is not there.
    not_built: str = ""
    #: Where it is open: the question that ``owner`` has to answer, and what to look at before.
    decision: str = ""
    evidence: tuple[str, ...] = ()

    @property
    def initial(self) -> int:
        """Risk before the controls, 1 to 5."""
        return risk(self.severity, self.likelihood)

    @property
    def residual(self) -> int:
        """Risk with the controls, 1 to 5."""
        return risk(self.residual_severity, self.residual_likelihood)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRisk:
    """One risk to people of the impact assessment."""

    id: str
    title: str
    how: str
    harm: str
    chance: str
    measures: tuple[Measure, ...]
    left: str
    state: str


def risk(severity: str, likelihood: str) -> int:
    """Return the risk of a severity and a likelihood, 1 to 5.

    Examples
    --------
    >>> risk("catastrophic", "very low"), risk("minor", "very high")
    (3, 3)
    """
    return MATRIX[likelihood][SEVERITIES.index(severity)]


def hazards() -> tuple[Hazard, ...]:
    """Read the hazard log.

    Raises
    ------
    TypeError
        If a line has a field that is none, or lacks one.
    """
    return tuple(
        Hazard(
            **entry
            | {
                "causes": tuple(entry["causes"]),
                "controls": _measures(entry["controls"]),
                "evidence": tuple(entry.get("evidence", ())),
            }
        )
        for entry in _read("hazards")["hazard"]
    )


def assessment() -> tuple[dict[str, dict[str, str]], tuple[PrivacyRisk, ...]]:
    """Read the impact assessment: its sections of text, and the risks."""
    content = _read("dpia")
    risks = tuple(
        PrivacyRisk(**entry | {"measures": _measures(entry["measures"])})
        for entry in content.pop("risk")
    )
    return content, risks


def hazard_page() -> str:
    """Draw the hazard log."""
    known = hazards()
    still = [one for one in known if one.status == "open"]
    introduction = (
        "What may harm somebody when Wayhome does wrong or nothing, in the manner of DCB0129. It is the"
        " makers' log: the organisation that deploys Wayhome makes its own (DCB0160), names a clinical safety"
        " officer and decides on what is open. Each control names the tests that fail when it is gone."
    )
    parts = [
        introduction,
        f"{len(known)} hazards; open for a decision: {', '.join(one.id for one in still)}.",
        "## Decisions that are wanted",
        ASKED,
        _table(("hazard", "who decides", "what is asked"), [_asked(one) for one in still]),
        "## How risks are judged",
        _matrix(),
        _table(("severity", "meaning"), list(MEANINGS.items())),
        _table(("likelihood", "meaning"), list(LIKELY.items())),
        _table(("risk", "what follows"), [(str(level), text) for level, text in LEVELS.items()]),
        STRICTER,
    ]
    for one in known:
        parts += [
            f"## {one.id} {one.title}",
            f"{one.description} {one.effect}",
            "\n".join(f"- Cause: {cause}" for cause in one.causes),
            _table(("control", "tests"), _rows(one.controls)),
            "\n".join(_facts(one)),
        ]
    return "\n\n".join(parts)


def assessment_page() -> str:
    """Draw the impact assessment."""
    sections, risks = assessment()
    introduction = (
        "Data protection impact assessment of the product (UK GDPR article 35). Each controller completes it"
        " for its own deployment; what only a controller can say is open here, and says so. Words of safety:"
        " [hazard log](hazard-log.md); attacks: [threat model](threat-model.md)."
    )
    parts = [introduction]
    for title, facts in sections.items():
        lines = [f"- **{name.capitalize()}**: {text}" for name, text in facts.items()]
        parts += [f"## {title.capitalize()}", "\n".join(lines)]
    parts.append("## Risks to people")
    for one in risks:
        parts += [
            f"### {one.id} {one.title}",
            f"{one.how} Harm: {one.harm}; chance: {one.chance}.",
            _table(("measure", "tests"), _rows(one.measures)),
            f"What is left ({one.state}): {one.left}",
        ]
    return "\n\n".join(parts)


def _asked(one: Hazard) -> tuple[str, str, str]:
    return f"{one.id} {one.title} (risk {one.residual})", one.owner, one.decision


def _facts(one: Hazard) -> Iterator[str]:
    yield f"- Before the controls: {one.severity}, {one.likelihood}: risk {one.initial}"
    after = f"{one.residual_severity}, {one.residual_likelihood}: risk {one.residual}"
    yield f"- With them: {after}; {one.status}"
    yield f"- Who decides: {one.owner}"
    if one.remaining:
        yield f"- What is left: {one.remaining}"
    if one.not_built:
        yield f"- Not built: {one.not_built}"
    if one.decision:
        yield f"- **Decision wanted of the {one.owner}:** {one.decision}"
        yield "- Look at this first:"
        yield from (f"  - {text}" for text in one.evidence)


def _matrix() -> str:
    rows = [(name, *map(str, MATRIX[name])) for name in reversed(LIKELIHOODS)]
    return _table(("likelihood", *SEVERITIES), rows)


def _rows(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(one.what, "<br>".join(map(link, one.tests))) for one in measures]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _measures(entries: Sequence[dict[str, Any]]) -> tuple[Measure, ...]:
    return tuple(Measure(**entry | {"tests": tuple(entry["tests"])}) for entry in entries)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(FOLDER) / f"{name}.toml").read_text("utf-8"))

"""The page of results, from the JSON that ``wayhome evaluate … --save`` wrote. Pure.

One section a study, in plain words: what was measured on whom, what was aimed at, what was reached with its
interval, what any detector must beat, and how to run it again. A study that was not run says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from analytics.evaluation import sections, simulated_sections
from analytics.evaluation.drawing import shown
from analytics.evaluation.sections import Report

FOLDER = "results"
"""Where the saved reports lie, seen from the page."""
PREFACE = (
    "How well Wayhome notices, measured on public records of real people and on simulated homes. **Nothing"
    " here diagnoses.** No public record has labelled long lies, night exits or getting lost of people with"
    " dementia: those are measured on simulation alone, and false alarms on real homes in which nothing was"
    " put in. Intervals are of 95 %: exact for rates and shares, by resampling whole homes or people where"
    " that is said. Numbers are those of the saved reports in [results](results); none is of one person.\n\n"
    "Each study runs again with the command above it, on the same or on any other folder of the same layout;"
    " `--save docs/reference/results` keeps its report, and `make docs` makes this page from the reports."
)


def page(reports: Mapping[str, Report]) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    reports
        By name of the study, as saved; those not in `STUDIES` are shown as plain tables at the end.

    Examples
    --------
    >>> "Not run yet" in page({})
    True
    """
    parts = [PREFACE]
    for name, (title, command, section) in STUDIES.items():
        parts += [f"## {title}", f"`wayhome evaluate {command}`"]
        report = reports.get(name)
        parts += (
            ["Not run yet."] if report is None else [*section(report), *_pictures(name, report)]
        )
    for name in sorted(set(reports) - set(STUDIES)):
        title = name.replace("_", " ").capitalize()
        parts += [f"## {title}", f"`wayhome evaluate {name}`", *sections.plain(reports[name])]
    return "\n\n".join(parts)


def _pictures(name: str, report: Report) -> Iterator[str]:
    for picture, words in shown(name, report).items():
        yield f"![{words}]({FOLDER}/{name}-{picture}.svg)"


STUDIES: dict[str, tuple[str, str, Callable[[Report], Iterator[str]]]] = {
    "tihm": ("Real homes of people with dementia", "tihm DIR", sections.tihm),
    "homes": ("Where people are: labelled homes", "homes DIR", sections.homes),
    "faulty": ("Who is out, with a sensor at fault", "faulty DIR", sections.faulty),
    "falls": ("Falls at the wrist", "falls DIR", sections.falls),
    "actigraphy": ("Rhythm of rest and activity", "actigraphy DIR", sections.actigraphy),
    "simulated": (
        "Simulated homes",
        "simulated --homes 200 --days 90 --seed 10000",
        simulated_sections.simulated,
    ),
    "stillness": (
        "Stillness in simulated homes: what earlier costs",
        "stillness --homes 24 --days 75 --seed 500 --silences 12",
        simulated_sections.stillness,
    ),
    "calibration": (
        "How like real homes the simulated ones are",
        "calibration DIR --seed 20000",
        simulated_sections.calibration,
    ),
}
"""Study → title, command, what is said of it."""

"""Which of the two programs runs: Python alone, or with modules that were compiled (`make fast`).

Nothing falls back in silence: what is installed decides, and `wayhome doctor`, ``/health`` and ``/metrics``
say it (docs/decisions/0226).
"""

from __future__ import annotations

from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

PACKAGES = ("core", "sensors", "gateway", "analytics", "alerts", "dashboard", "wayhome")


def compiled_below(folder: Path) -> list[str]:
    """Return the modules of a package that this interpreter loads as machine code, in order.

    Parameters
    ----------
    folder
        The package's own.
    """
    suffix = EXTENSION_SUFFIXES[0]
    found = (file.relative_to(folder.parent) for file in folder.rglob(f"*{suffix}"))
    return sorted(".".join(one.parts).removesuffix(suffix) for one in found)


@cache
def compiled() -> tuple[str, ...]:
    """Return the compiled modules among those that this process imports; none where Python runs alone."""
    found: list[str] = []
    for name in PACKAGES:
        package = find_spec(name)
        for folder in (package.submodule_search_locations or ()) if package else ():
            found += compiled_below(Path(folder))
    return tuple(found)


def in_words(modules: tuple[str, ...]) -> str:
    """Say which program runs, and which packages it is made of.

    Examples
    --------
    >>> in_words(())
    'Python alone'
    >>> in_words(("analytics.engine", "core.model.time", "core.model.week"))
    'compiled: analytics 1, core.model 2 modules'
    """
    if not modules:
        return "Python alone"
    counts = groupby(sorted(one.rpartition(".")[0] for one in modules))
    parts = ", ".join(f"{package} {len(list(each))}" for package, each in counts)
    return f"compiled: {parts} modules"

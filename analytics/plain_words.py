"""What no finding may say, whoever reads it: words that judge a person or name an illness."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = re.compile(
    r"\b(dementia|alzheimer\w*|agitat\w*|delirium|confus\w*|depress\w*|infection|uti|disease|illness"
    r"|symptom\w*|diagnos\w*|seizure|stroke|patient\w*|fall|fallen|fell|wander\w*|insomnia)\b",
    re.IGNORECASE,
)
"""A finding says what was observed."""
_OF_THE_SPEC = frozenset({"DetectorSpec", "Parameter"})
"""What these calls say is read by who chooses detectors, not in a finding."""


def templates(source: str) -> Iterator[str]:
    """Yield the texts of a module from which findings may be made; docstrings left out.

    Examples
    --------
    >>> list(templates('what = f"No movement for {hours} h"'))
    ['No movement for ', ' h']
    """
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if _spoken_elsewhere(node)]
    left_out = {id(inner) for call in calls for inner in ast.walk(call)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and " " in text and id(node) not in left_out:
            yield text


@cache
def literals(file: str) -> frozenset[str] | None:
    """Return all texts that stand in a module as they are; None where its source is not there to be read.

    Parameters
    ----------
    file
        What was loaded: of a compiled module the source beside it is read.
    """
    path = Path(file)
    source = path.with_name(f"{path.name.partition('.')[0]}.py")
    if not source.is_file():
        return None
    found = (
        node.value
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    )
    return frozenset(text for text in found if isinstance(text, str))


def _spoken_elsewhere(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _OF_THE_SPEC
    )

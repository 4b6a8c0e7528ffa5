"""Whatever is found or forecast in a test of detection can be said in any language."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from analytics import detector
from core.model.finding import Finding
from core.model.forecast import Forecast
from core.model.said import Said, facts, said, templates
from scripts import translate

if TYPE_CHECKING:
    from collections.abc import Iterable


@cache
def collected() -> frozenset[str]:
    """Return everything that can be translated; of a plural the form for one."""
    return frozenset(
        one.id if isinstance(one.id, str) else one.id[0] for one in translate.collected() if one.id
    )


def can_be_said(texts: Iterable[str]) -> None:
    """Fail on a text that nobody could translate."""
    for text in filter(None, texts):
        assert isinstance(text, Said), f"text alone: {text}"
        assert isinstance(said(str(text), facts(text)), Said), f"not the same again: {text}"
        missing = set(templates(text)) - collected()
        assert not missing, f"not collected by `make translate`: {missing}"


@pytest.fixture(autouse=True)
def whatever_is_said_can_be_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(**fields: Any) -> Finding:
        one = Finding(**fields)
        if one.detector in detector.discover():
            can_be_said((one.what, one.unusual, one.advice, *one.ruled_out))
            can_be_said(fact.text for fact in one.evidence)
        return one

    def forecast(**fields: Any) -> Forecast:
        one = Forecast(**fields)
        can_be_said((one.what,))
        return one

    monkeypatch.setattr(detector, "Finding", found)
    monkeypatch.setattr(detector, "Forecast", forecast)

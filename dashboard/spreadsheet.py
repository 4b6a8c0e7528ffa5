"""Texts in files for spreadsheets, which run what begins like a formula. Pure."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Return a text that a spreadsheet shows and does not run.

    Examples
    --------
    >>> plain_cell("=1+1"), plain_cell("Ruth")
    ("'=1+1", 'Ruth')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text

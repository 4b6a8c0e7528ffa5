"""Texts that pages show and translate: marked where they are written down."""

from __future__ import annotations


def marked(message: str) -> str:
    """Mark a message for translation; whoever shows it translates it (docs/decisions/0152)."""
    return message


def marked_each(one: str, several: str) -> tuple[str, str]:
    """Mark a message that has a form for one and one for several, for `core.model.said.say_each`."""
    return one, several

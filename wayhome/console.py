"""How the command speaks: people read stderr with pictures, machines one JSON object on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True, highlight=False)


def emit(answer: object) -> None:
    """Print one JSON object as the last line of stdout."""
    sys.stdout.write(msgspec.json.encode(answer, order="deterministic").decode() + "\n")
    sys.stdout.flush()


def words(longest: int) -> Callable[[str], str]:
    """Return the check of an option that takes a few words, for ``typer.Option(callback=…)``.

    Examples
    --------
    >>> words(500)(" asked for ")
    'asked for'
    """

    def checked(text: str) -> str:
        if not 0 < len(text.strip()) <= longest or "\0" in text:
            raise typer.BadParameter(f"expected 1 to {longest} letters")
        return text.strip()

    return checked


@contextmanager
def progress(total: int | None, text: str) -> Iterator[Progress]:
    """Show a bar on stderr while the block runs; its first task is made with ``total`` and ``text``."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bar:
        bar.add_task(text, total=total)
        yield bar

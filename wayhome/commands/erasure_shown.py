"""What is asked before an erasure, and said after it."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from core.model.errors import Misconfigured
from core.model.subject import KEPT
from wayhome.console import console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.model.subject import Erasure, Subject


def ask(one: Subject) -> None:
    """Ask before somebody is erased; raises where no is the answer."""
    whole = "and everything of the home" if one.alone else "but not what the home's rooms share"
    console.print(f"This erases {one.name} (home {one.home_id}), {whole}, for good.")
    said = typer.prompt("To go on, type the number of the home", default="", show_default=False)
    if said.strip() != one.home_id:
        raise Misconfigured("the number of the home was not typed: nothing was erased")


def ask_again(due: tuple[tuple[Subject, Erasure], ...]) -> None:
    """Ask before all of them are erased again."""
    table = Table("number", "home", "name", "erased on")
    for one, proof in due:
        when = f"{proof.at.astimezone(UTC):%Y-%m-%d}"
        table.add_row(str(one.resident_id), one.home_id, one.name, when)
    console.print(table)
    said = typer.prompt("To erase them again, type how many", default="", show_default=False)
    if said.strip() != str(len(due)):
        raise Misconfigured("how many was not typed: nothing was erased")


def show(done: Erasure, left: dict[str, int], broker: str) -> None:
    """Say what went, what did not, and what stays."""
    table = Table("table", "rows erased")
    for name, count in sorted(done.rows.items()):
        table.add_row(name, str(count))
    console.print(table)
    if left:
        console.print(f"[red]NOT all is gone[/]: {left}. Run it again.")
    console.print(f"The broker: {broker}.")
    show_disk(done.disk or {})
    console.print("Keep the proofs where no backup is: wayhome residents erased --json")
    console.print("What stays, and why:")
    for what, why in KEPT:
        console.print(f"  [b]{what}[/]: {why}")


def show_disk(found: Mapping[str, str]) -> None:
    """Say what files still hold, or that they hold nothing."""
    if not found:
        console.print("No file of the database or of the embedded broker holds what was deleted.")
    for what, until in found.items():
        console.print(f"[b]Still holds what was deleted: {what}[/]: {until}")

"""A table of commands that loads a command when it is asked for, and not before.

A service starts in a third of a second so, and not after the imports of every other command (scipy, aiohttp,
the pages), of which a small computer feels each. Help texts stand in the table, and a test compares them with
those of the commands (docs/decisions/0225).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from wayhome.examples import show_in

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    #: As it is typed.
    name: str
    #: Module and function, or module and group of further commands.
    where: str
    #: What it is for, in a line.
    help: str
    #: Heading that it stands under.
    panel: str | None = None

    def load(self, under: str = "") -> Any:
        """Import the command, with an example under its help.

        Parameters
        ----------
        under
            Words that go before its name, each with a space behind it.

        Examples
        --------
        >>> Entry("retention", "wayhome.commands.retention:app", "").load().name
        'retention'
        """
        module, _, name = self.where.partition(":")
        found = getattr(import_module(module), name)
        above = typer.Typer(add_completion=False)
        above.callback()(lambda: None)
        if isinstance(found, typer.Typer):
            above.add_typer(found, name=self.name, rich_help_panel=self.panel)
        else:
            above.command(self.name, rich_help_panel=self.panel)(found)
        command = cast("Any", typer.main.get_group(above)).commands[self.name]
        return show_in(command, under + self.name)

    def brief(self) -> TyperCommand:
        """Return what a list of commands shows of it."""
        return TyperCommand(self.name, help=self.help, rich_help_panel=self.panel)


class Shelf(Mapping[str, Any]):
    """Commands by name, each loaded when it is taken."""

    def __init__(self, entries: Sequence[Entry], under: str = "") -> None:
        self._under = under
        self.entries = {entry.name: entry for entry in entries}
        self._taken: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._taken:
            self._taken[name] = self.entries[name].load(self._under)
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries  # without loading it


def contents(*entries: Entry, under: str = "") -> type[TyperGroup]:
    """Make the kind of group that has these commands, for ``typer.Typer(cls=…)``."""

    class Contents(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands = cast("Any", Shelf(entries, under))

        def list_commands(self, ctx: Any) -> list[str]:
            del ctx
            return list(self.commands)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            whole, brief = self.commands, {one.name: one.brief() for one in entries}
            self.commands = cast("Any", brief)
            try:
                super().format_help(ctx, formatter)
            finally:
                self.commands = whole

    return Contents

"""A list of devices as CSV, a van full at once: checked as a whole before the first one is registered."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.model.errors import Malformed
from core.model.home import Device, Household, Placement
from core.model.ids import DeviceId, HomeId
from core.store import registry
from sensors import driver

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.store.pool import Connection

COLUMNS = ("home", "family", "id", "name", "placement", "room", "worn_by")
LONGEST = 200
LONGEST_SHOWN = 64
MOST_BYTES = 32 << 20
AT_ONCE = 200
_NEEDS_ROOM = frozenset({Placement.ROOM, Placement.ENTRANCE, Placement.BED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A list that was read: what it asks for, and what is wrong with it."""

    devices: tuple[Device, ...]
    faults: tuple[Fault, ...]


def read(file: Path) -> str:
    """Return the text of a file; a byte-order mark of a spreadsheet is left out.

    Raises
    ------
    Malformed
        If it is too long or no UTF-8.
    """
    content = file.read_bytes()
    if len(content) > MOST_BYTES:
        raise Malformed(file.name, f"at most {MOST_BYTES >> 20} MB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        expected = f"UTF-8 in line {line} (in the spreadsheet: save as CSV UTF-8)"
        raise Malformed(file.name, expected) from error


def check(
    text: str, households: Sequence[Household], over: Collection[HomeId] = frozenset()
) -> Checked:
    """Check every line against what is registered.

    Parameters
    ----------
    over
        Homes that have ended: whoever lives there now is somebody else.

    Raises
    ------
    Malformed
        If the first line does not name the columns `COLUMNS`, or a quotation mark is left open for too long.
    """
    rows = _rows(text, _separator(text))
    head = [word.strip().lower() for word in next(rows, (1, []))[1]]
    if head != list(COLUMNS):
        raise Malformed("line 1", f"the columns {','.join(COLUMNS)}")
    known = {str(one.home.home_id): one for one in households}
    taken = {
        (str(one.home.home_id), device.family, device.external_id): 0
        for one in households
        for device in one.devices
    }
    devices: list[Device] = []
    faults: list[Fault] = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        found = list(_faults(cells, known, taken))
        if cells[0].strip() in over:
            found.insert(
                0, f"home: {_quoted(cells[0].strip())} has ended; nothing may be put there"
            )
        faults += [Fault(line=line, text=text) for text in found]
        if len(cells) == len(COLUMNS):
            taken.setdefault(tuple(_trimmed(cells)[:3]), line)  # type: ignore[arg-type]
        if not found:
            devices.append(_device(_trimmed(cells), known))
    return Checked(devices=tuple(devices), faults=tuple(faults))


def _separator(text: str) -> str:
    r"""Return what separates the columns: spreadsheets of many countries write semicolons.

    Examples
    --------
    >>> _separator("home;family\r\n7f3k;a,b"), _separator("home,family\n7f3k,a;b"), _separator("")
    (';', ',', ',')
    """
    head = text.partition("\n")[0]
    return max(",;\t", key=head.count)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield rows with the line that each begins in: an open quotation mark swallows those after it."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise Malformed(f"line {line}", "each quotation mark to be closed again") from error
        yield line, cells


def _trimmed(cells: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def _faults(
    cells: Sequence[str],
    known: Mapping[str, Household],
    taken: Mapping[tuple[str, str, str], int],
) -> Iterator[str]:
    """Yield what is wrong with one line."""
    if len(cells) != len(COLUMNS):
        yield f"{len(cells)} columns instead of {len(COLUMNS)}"
        return
    home, family, identity, name, placement, room, wearer = _trimmed(cells)
    household = known.get(home)
    if household is None:
        yield f"home: {_quoted(home) or 'nothing'} is not registered"
    if family not in driver.discover():
        yield f"family: expected one of {', '.join(driver.discover())}"
    for field, word in (("id", identity), ("name", name)):
        if not 0 < len(word) <= LONGEST or not word.isprintable():
            yield f"{field}: expected 1 to {LONGEST} printable characters"
    if (at := taken.get((home, family, identity))) is not None:
        yield f"id: stands in line {at} already" if at else "id: is registered already"
    yield from _misplaced(placement, room, wearer)
    if household is not None:
        yield from _not_there(household, room, wearer)


def _quoted(word: str) -> str:
    """Return what stands in a line as it can be shown: short, and nothing that a terminal obeys."""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in word)
    return shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "…"


def _misplaced(placement: str, room: str, wearer: str) -> Iterator[str]:
    if placement not in set(Placement):
        yield f"placement: expected one of {', '.join(Placement)}"
        return
    if Placement(placement) in _NEEDS_ROOM and not room:
        yield f"room: a device placed as {placement} needs one"
    if placement == Placement.WORN and not wearer:
        yield "worn_by: say who wears it"


def _not_there(household: Household, room: str, wearer: str) -> Iterator[str]:
    home_id = household.home.home_id
    if room and room not in {one.name for one in household.rooms}:
        yield f"room: {home_id} has {', '.join(one.name for one in household.rooms) or 'no room'}"
    so_called = sum(one.name == wearer for one in household.residents)
    if wearer and not so_called:
        yield f"worn_by: nobody of this name lives in {home_id}"
    if so_called > 1:
        yield f"worn_by: {so_called} people of this name live in {home_id}; register it on its page"


def _device(cells: Sequence[str], known: Mapping[str, Household]) -> Device:
    home, family, identity, name, placement, room, wearer = cells
    household, told = known[home], driver.discover()[family].reporting
    return Device(
        device_id=DeviceId(0),
        home_id=HomeId(home),
        family=family,
        external_id=identity,
        name=name,
        placement=Placement(placement),
        room=next((one for one in household.rooms if one.name == room), None),
        resident_id=next((p.resident_id for p in household.residents if p.name == wearer), None),
        reporting_interval_s=told.interval_s,
        heartbeat=told.heartbeat,
    )


async def register(
    connection: Connection, devices: Sequence[Device], done: Callable[[int], None]
) -> None:
    """Register all in the caller's transaction: all or none. ``done`` is told how many each time."""
    for begin in range(0, len(devices), AT_ONCE):
        some = devices[begin : begin + AT_ONCE]
        await registry.register_devices(connection, some)
        done(len(some))

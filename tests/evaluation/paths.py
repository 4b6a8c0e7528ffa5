"""Walks through homes whose shape is known: room after room, with times. For the figures of patterns."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from analytics.features.walk_patterns import Pattern

Graph = dict[int, tuple[int, ...]]


def _graph(*links: tuple[int, int]) -> Graph:
    near: dict[int, set[int]] = {}
    for one, other in links:
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    return {room: tuple(sorted(others)) for room, others in near.items()}


HUB = _graph((1, 2), (1, 3), (1, 4), (1, 5))
"""All rooms open on one hall."""
LARGE_HUB = _graph((1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7))
TWO_HUBS = _graph((1, 2), (1, 3), (1, 4), (1, 5), (5, 6), (5, 7), (5, 8))
"""A hall and a landing."""
ROUND = _graph((1, 2), (2, 3), (3, 4), (4, 1), (4, 5), (1, 6))
"""Rooms around a core, doors between them."""
HUB_AND_ROUND = _graph((1, 2), (1, 3), (1, 4), (1, 5), (2, 3), (3, 6))
ROW = _graph((1, 2), (2, 3), (3, 4), (4, 5), (2, 6))
HOMES = {
    "hub": HUB,
    "large hub": LARGE_HUB,
    "two hubs": TWO_HUBS,
    "round": ROUND,
    "hub and round": HUB_AND_ROUND,
    "row": ROW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One walk: (room, when it was entered) from the first room on."""

    pattern: Pattern
    steps: tuple[tuple[int, float], ...]


def hubs(graph: Graph) -> frozenset[int]:
    """Return the rooms with three doors and more."""
    return frozenset(room for room, near in graph.items() if len(near) >= 3)


def drawn(graph: Graph, pattern: Pattern, chance: random.Random) -> Path:
    """Draw a walk of a known shape, each step from a room to the next one."""
    rooms = _ROUTES[pattern](graph, chance)
    at, steps = 0.0, []
    for room in rooms:
        steps.append((room, at))
        through = room in hubs(graph) and pattern is not Pattern.RANDOM
        at += chance.lognormvariate(0.8, 0.3) + (2.0 if through else chance.uniform(3.0, 15.0))
    return Path(pattern=pattern, steps=tuple(steps))


def way(graph: Graph, start: int, end: int) -> list[int]:
    """Return the shortest way between two rooms, both included."""
    before, queue = {start: start}, deque([start])
    while queue:
        room = queue.popleft()
        for near in graph[room]:
            if near not in before:
                before[near] = room
                queue.append(near)
    found = [end]
    while found[-1] != start:
        found.append(before[found[-1]])
    return found[::-1]


def _visit(graph: Graph, goals: list[int]) -> list[int]:
    rooms = [goals[0]]
    for goal in goals[1:]:
        rooms += way(graph, rooms[-1], goal)[1:]
    return rooms


def _ends(graph: Graph) -> list[int]:
    """Rooms in which a way ends: not the halls, and in a row of rooms those at its ends."""
    ends = [room for room, near in graph.items() if len(near) == 1]
    return ends if len(ends) > 2 else [room for room in graph if room not in hubs(graph)]


def _direct(graph: Graph, chance: random.Random) -> list[int]:
    """An errand, or one with its way back, or by way of a third room."""
    goals = chance.sample(_ends(graph), 3)
    return _visit(graph, chance.choice((goals[:2], [*goals[:2], goals[0]], goals)))


def _pacing(graph: Graph, chance: random.Random) -> list[int]:
    ends = chance.sample(_ends(graph), 2)
    return _visit(graph, ends * chance.randint(3, 8))


def _lapping(graph: Graph, chance: random.Random) -> list[int]:
    """Three rooms and more in the same order again and again, by other ways there than back."""
    around = _rings(graph, chance)
    first = chance.randrange(len(around))
    around = around[first:] + around[:first]
    if chance.random() < 0.5:
        around = around[::-1]
    return _visit(graph, around * chance.randint(3, 7))


_RINGS = {id(ROUND): [1, 2, 3, 4], id(HUB_AND_ROUND): [1, 2, 3]}


def _rings(graph: Graph, chance: random.Random) -> list[int]:
    ring = _RINGS.get(id(graph))
    if ring is not None:
        return ring
    ends = _ends(graph)
    return chance.sample(ends, chance.randint(3, min(4, len(ends))))


def _random(graph: Graph, chance: random.Random) -> list[int]:
    goals = [chance.choice(_ends(graph))]
    for _ in range(chance.randint(9, 20)):
        goals.append(chance.choice([room for room in _ends(graph) if room != goals[-1]]))
    return _visit(graph, goals)


_ROUTES = {
    Pattern.DIRECT: _direct,
    Pattern.PACING: _pacing,
    Pattern.LAPPING: _lapping,
    Pattern.RANDOM: _random,
}

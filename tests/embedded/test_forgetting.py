"""nats-server lets go of the bytes of what it has forgotten, and of nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from core.model.errors import BrokerUnavailable
from core.runtime.broker import BrokerSettings, Publisher, retained_topics
from tests.embedded.test_broker import GATEWAY, address, reading, received
from tests.journeys.searching import files_below, in_files
from wayhome.embedded import forgetting
from wayhome.embedded.broker import Account, EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORD, OTHER = "Sesquipedalian", "Taradiddle"
REPLAY = Account(
    username="replay", password="word-of-replay", publish=("homes/#",), subscribe=("homes/#",)
)
MANY = 40


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker", accounts=(GATEWAY, REPLAY))
    broker.start()
    yield broker
    broker.stop()


def words(broker: EmbeddedBroker) -> set[str]:
    return {word for _, word in in_files(files_below(broker.folder), [WORD, OTHER])}


async def say(settings: BrokerSettings, *said: tuple[str, str], retain: bool = True) -> None:
    async with Publisher(settings) as publisher:
        for topic, text in said:
            await publisher.publish(f"homes/{topic}", text.encode(), retain=retain)


async def forget(broker: EmbeddedBroker, home: str = "", wait_s: float = 20) -> str:
    return await asyncio.to_thread(forgetting.forget, broker.folder, home, wait_s)


async def test_what_was_retained_goes_and_what_others_retain_stays(queue: EmbeddedBroker) -> None:
    replay = address(queue, REPLAY)
    others = [(f"b1/lamp{n}", f"{OTHER} {n}") for n in range(MANY)]
    await say(replay, *[(f"7f3k/{WORD}", f"{WORD} {n}") for n in range(3)], *others)
    await say(replay, (f"7f3k/{WORD}", ""))
    assert words(queue) == {WORD.lower(), OTHER.lower()}
    assert await forget(queue, "7f3k") == ""
    assert words(queue) == {OTHER.lower()}
    assert await forget(queue) == "", "again, with nothing to do"
    for _ in range(2):
        async with reading(address(queue, GATEWAY, "another")) as reader:
            texts = await received(reader, MANY)
        assert sorted(texts) == sorted(text.encode() for _, text in others)
        queue.stop()
        queue.start()
    assert await retained_topics(address(queue, REPLAY), "homes/7f3k/#") == ()


async def test_what_a_hub_says_meanwhile_is_not_undone(queue: EmbeddedBroker) -> None:
    replay = address(queue, REPLAY)
    await say(replay, (f"7f3k/{WORD}", WORD), (f"7f3k/{WORD}", ""), ("b1/lamp", f"{OTHER} 0"))
    last = 0
    async with asyncio.TaskGroup() as group:
        forgotten = group.create_task(forget(queue, "7f3k"))
        while not forgotten.done():
            last += 1
            said = (("b1/lamp", f"{OTHER} {last}"), (f"b1/lamp{last}", f"{OTHER} of {last}"))
            await say(replay, *said)
    if forgotten.result():  # a hub that goes on and on: then at the next time
        assert await forget(queue, "7f3k") == ""
    assert words(queue) == {OTHER.lower()}
    async with reading(address(queue, GATEWAY, "another")) as reader:
        texts = await received(reader, last + 1)
    wanted = [f"{OTHER} {last}", *(f"{OTHER} of {n}" for n in range(1, last + 1))]
    assert sorted(texts) == sorted(text.encode() for text in wanted)


async def test_what_waits_for_a_gateway_is_overwritten_and_what_others_sent_is_not(
    queue: EmbeddedBroker,
) -> None:
    replay, gateway = address(queue, REPLAY), address(queue, GATEWAY)
    async with reading(gateway):
        pass  # its session stays, and what comes waits for it
    await say(replay, ("7f3k/lamp", WORD), ("b1/lamp", OTHER), retain=False)
    assert words(queue) == {WORD.lower(), OTHER.lower()}
    assert await forget(queue, "7f3k", 0) == "1 messages wait for a gateway that is away"
    assert words(queue) == {OTHER.lower()}
    async with reading(gateway) as reader:
        assert await received(reader, 1) == [OTHER.encode()]
        assert await forget(queue) == ""
        assert words(queue) == set()
        await say(replay, ("b1/lamp", OTHER), retain=False)
        assert await received(reader, 1) == [OTHER.encode()], "it goes on"


def test_where_no_broker_runs_it_says_so(tmp_path: Path, queue: EmbeddedBroker) -> None:
    with pytest.raises(BrokerUnavailable, match="no embedded broker runs"):
        forgetting.forget(tmp_path)
    queue.stop()
    with pytest.raises(BrokerUnavailable, match="does not end its files"):
        forgetting.forget(queue.folder)
    queue.start()

"""What a broker keeps of a home: the last message of topics that asked for it. Cleared with an erasure.

If it stayed, the gateway would be told it again at its next start and keep it as of an unknown home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.runtime.broker import Publisher, retained_topics

if TYPE_CHECKING:
    from core.model.ids import HomeId
    from wayhome.system import System

READER, WRITER = "wayhome-erasure-reader", "wayhome-erasure"


async def clear_retained(system: System, home_id: HomeId) -> tuple[str, ...]:
    """Let the broker forget every retained message of a home; return the topics that are still kept.

    Raises
    ------
    BrokerUnavailable
        If the broker does not answer, or refuses to tell.
    """
    below = f"homes/{home_id}/#"
    topics = await retained_topics(system.publisher(READER), below)
    if topics:
        async with Publisher(system.publisher(WRITER)) as publisher:
            for topic in topics:
                # MQTT 5, 3.3.1.3: a retained message without content removes the one that is kept
                await publisher.publish(topic, b"", retain=True)
        topics = await retained_topics(system.publisher(READER), below)
    return topics

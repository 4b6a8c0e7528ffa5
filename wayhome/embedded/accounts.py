"""Who may log in at the embedded broker and what they may do, in the words of nats-server. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A log-in at the broker with the MQTT topic filters it may use."""

    username: str
    #: Empty where a certificate of this common name opens the door.
    password: str = field(default="", repr=False)
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


def nats_subject(topic_filter: str) -> str:
    """Translate an MQTT topic filter to the NATS subject that the broker keeps it under.

    Examples
    --------
    >>> nats_subject("homes/7f3k/#"), nats_subject("homes/+/a.b")
    ('homes.7f3k.>', 'homes.*.a//b')
    """
    levels = (level.replace(".", "//") for level in topic_filter.split("/"))
    return ".".join({"+": "*", "#": ">"}.get(level, level) for level in levels)


def _subjects(topic_filters: tuple[str, ...]) -> list[str]:
    """Subjects of MQTT filters; ``a/#`` also means ``a`` itself."""
    wanted = [nats_subject(topic) for topic in topic_filters]
    return wanted + [subject.removesuffix(".>") for subject in wanted if subject.endswith(".>")]


def nats_user(account: Account) -> dict[str, object]:
    """Describe a user to nats-server; a QoS 1 subscription also needs the broker's own delivery subjects.

    Those are out of reach of an MQTT client itself, and no account may use another protocol.
    """
    inner = ["$MQTT.sub.>", "$MQTT.deliver.>"] if account.subscribe else []
    who = {"user": account.username, "password": account.password}
    return {
        **(who if account.password else {"user": f"CN={account.username}"}),
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            "publish": {"allow": _subjects(account.publish) or ["_none"]},
            "subscribe": {"allow": _subjects(account.subscribe) + inner or ["_none"]},
        },
    }

"""What is said of a home that can not be seen, and how loudly. Pure."""

from __future__ import annotations

from analytics.features.coverage import Darkness
from core.model.finding import Severity
from core.model.said import say
from core.model.words import marked

PASSES = frozenset({Darkness.PIPELINE, Darkness.QUEUE, Darkness.REFUSED})
"""What is often over in a moment, and not worth a word then."""
BLIND = {
    Darkness.PIPELINE: (
        marked("This home can not be seen since %(time)s, %(span)s: no gateway hears the broker"),
        say("Check the broker, the gateway and the network of the service."),
    ),
    Darkness.HUB: (
        marked("This home can not be seen since %(time)s, %(span)s: its hub is silent"),
        say("Check power and internet of the hub."),
    ),
    Darkness.SILENT: (
        marked("Nothing has come from any of %(devices)s since %(time)s, %(span)s"),
        say("Check power and internet of the home; somebody may also be away."),
    ),
    Darkness.QUEUE: (
        marked("Since %(time)s, %(span)s, this home sends only what is more than 10 min old"),
        say("Check the connection of the hub, and the clocks of its devices."),
    ),
    Darkness.REFUSED: (
        marked(
            "This home is not watched since %(time)s, %(span)s: somebody here may not be watched"
        ),
        say("Write down what was agreed, or pause the home."),
    ),
}
"""What is said of a home that can not be seen, and what to do, by what hides it."""


def severity_of(cause: Darkness | None) -> Severity:
    """Return how loudly blindness begins: of what people have decided they were told when they did.

    Examples
    --------
    >>> severity_of(Darkness.REFUSED).value, severity_of(Darkness.HUB).value
    ('notice', 'check')
    """
    return Severity.NOTICE if cause is Darkness.REFUSED else Severity.CHECK

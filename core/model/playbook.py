"""Playbooks: what an alert of the operators means, what to do first, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.model.words import marked

AUDIT, REACHABILITY = "audit", "reachability"
"""Detectors of the alerts that the auditor raises, and about people who cannot be told."""
UNWATCHED = "unwatched"
"""Detector of the alerts about homes that are not watched, and in which somebody is."""
LIVENESS = "liveness"
"""Detector of the alerts about homes and devices that cannot be seen."""
OUTAGE = "outage"
"""Detector of the alerts about many homes that cannot be seen since the same minutes."""
HOME = "home"
"""Subject of the alerts of these two about a home as a whole, and about many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """What to do about one kind of alert; its texts are `marked`."""

    #: Its own name, which is also the end of its address on the page of playbooks.
    name: str
    #: Detector of the alerts that it is for.
    detector: str
    #: Beginning and end of the subjects of those alerts; empty for any.
    subject: str = ""
    subject_end: str = ""
    title: str
    #: What it means for the people at home.
    meaning: str
    #: What to do first.
    first: str
    #: Who does it.
    who: str

    def covers(self, detector: str, subject: str) -> bool:
        """Tell whether it is for such an alert."""
        fits = subject.startswith(self.subject) and subject.endswith(self.subject_end)
        return detector == self.detector and fits


_ALL = (
    Playbook(
        name="many-blind-homes",
        detector=OUTAGE,
        title=marked("Many homes cannot be seen"),
        meaning=marked(
            "Nothing that happens in any of them is noticed. Their carers see it on their pages and are not"
            " rung; this alert stands for the alerts of all these homes."
        ),
        first=marked(
            "Look at the broker, the gateway and the network of the service. If they work, ask the provider"
            " and the power company, and ring first the homes whose people are most at risk."
        ),
        who=marked(
            "Whoever runs the servers, at once; the organisation asks carers to look in if it lasts"
        ),
    ),
    Playbook(
        name="blind-home",
        detector=LIVENESS,
        subject="home",
        title=marked("A home cannot be seen"),
        meaning=marked(
            "Nothing that happens there is noticed. Nobody is taken to be still or away meanwhile."
        ),
        first=marked(
            "Ring the home and ask whether power and internet are on; then look at the hub."
        ),
        who=marked(
            "The technician; a carer visits if nobody answers and it lasts for more than an hour"
        ),
    ),
    Playbook(
        name="dead-sensor",
        detector=LIVENESS,
        subject="device:",
        subject_end=":silent",
        title=marked("A sensor is silent"),
        meaning=marked("Its room or its door is not seen; the rest of the home is."),
        first=marked("Change its battery, then bring it nearer to the hub."),
        who=marked("The technician; a carer at the home may change a battery"),
    ),
    Playbook(
        name="weak-sensor",
        detector=LIVENESS,
        subject="device:",
        title=marked("A sensor does not work well"),
        meaning=marked("What it says may be wrong, or it may soon be silent."),
        first=marked("Look at the sensor: its battery, and what it is pointed at."),
        who=marked("The technician"),
    ),
    Playbook(
        name="many-blind-without-alert",
        detector=AUDIT,
        subject="blind/many",
        title=marked("Many homes are silent and detection did not say so"),
        meaning=marked(
            "Nothing has come from these homes for more than a day, and nobody was told by the usual way."
        ),
        first=marked(
            "Look whether the analytics service runs and has these homes, then at broker and network."
        ),
        who=marked("Whoever runs the servers, at once; the technician rings the homes"),
    ),
    Playbook(
        name="blind-without-alert",
        detector=AUDIT,
        subject="blind/",
        title=marked("A home is silent and detection did not say so"),
        meaning=marked(
            "Nothing has come from the home for more than a day, and nobody was told by the usual way."
        ),
        first=marked(
            "Ring the home; then look whether the analytics service runs and has this home."
        ),
        who=marked("The technician, at once"),
    ),
    Playbook(
        name="disk-almost-full",
        detector=AUDIT,
        subject="disk",
        title=marked("The disk of the servers is almost full"),
        meaning=marked(
            "When it is full nothing is stored, nothing is noticed, and no alert can be opened."
        ),
        first=marked(
            "Make room there: old backups and images first, nothing below the folder of the database."
        ),
        who=marked("Whoever runs the servers, today"),
    ),
    Playbook(
        name="certificate-ends",
        detector=AUDIT,
        subject="certificate",
        title=marked("The broker's certificate ends and was not renewed"),
        meaning=marked(
            "From its end on hubs and gateway refuse the broker: no home is heard. Hubs keep what they"
            " have to say."
        ),
        first=marked(
            "Renew it: run the container “init” once, then send the broker a HUP (“Keep it running” in the"
            " guide); have that done each month."
        ),
        who=marked("Whoever runs the servers, before that day"),
    ),
    Playbook(
        name="stopped-gateway",
        detector=AUDIT,
        subject="gateway/",
        title=marked("A gateway has stopped, or stores nothing"),
        meaning=marked(
            "What the sensors say waits at the broker. Its homes are blind until it is stored."
        ),
        first=marked(
            "Start the gateway again, then look at its log, the broker and the database (full disk, lock)."
        ),
        who=marked("Whoever runs the servers, at once"),
    ),
    Playbook(
        name="stopped-dashboard",
        detector=AUDIT,
        subject="dashboard/",
        title=marked("The pages are not served"),
        meaning=marked(
            "Carers are told on, and can not open an alert or answer it there: it goes on waking them."
        ),
        first=marked("Start the dashboard again, then look at its log and at the proxy before it."),
        who=marked("Whoever runs the servers, at once"),
    ),
    Playbook(
        name="stopped-detection",
        detector=AUDIT,
        subject="analytics",
        title=marked("Detection has stopped"),
        meaning=marked(
            "Observations are stored and nobody judges them: no new alert about a resident can come."
        ),
        first=marked("Start the analytics service again, then look at its log."),
        who=marked("Whoever runs the servers, at once; carers may be asked to look in meanwhile"),
    ),
    Playbook(
        name="findings-not-read",
        detector=AUDIT,
        subject="findings",
        title=marked("Findings wait to become alerts"),
        meaning=marked("Something was noticed and nobody has been told of it."),
        first=marked(
            "End the transaction that hangs in the database, then look at the alerts service."
        ),
        who=marked("Whoever runs the servers, at once"),
    ),
    Playbook(
        name="answers-not-read",
        detector=AUDIT,
        subject="answers",
        title=marked("Answers of carers wait to be read"),
        meaning=marked("Somebody has answered, and the telling may not have stopped."),
        first=marked(
            "End the transaction that hangs in the database, then look at the alerts service."
        ),
        who=marked("Whoever runs the servers"),
    ),
    Playbook(
        name="messages-overdue",
        detector=AUDIT,
        subject="deliveries/",
        title=marked("Messages do not leave"),
        meaning=marked("Carers are told later than they should be by this channel."),
        first=marked(
            "Look whether the service behind the channel works, then at the log of the alerts service."
        ),
        who=marked("Whoever runs the servers, at once"),
    ),
    Playbook(
        name="many-promises-broken",
        detector=AUDIT,
        subject="promise/many/",
        title=marked("A promise of alerting was broken for many alerts at once"),
        meaning=marked(
            "People may not have been told, or told late, of many alerts: alerting could not keep up."
        ),
        first=marked(
            "Run `wayhome alerts prove`, which names each of the alerts; look first at those that are urgent."
        ),
        who=marked(
            "Whoever runs the servers for the cause; the organisation's administrator for the calls"
        ),
    ),
    Playbook(
        name="promise-broken",
        detector=AUDIT,
        subject="promise/",
        title=marked("A promise of alerting was broken"),
        meaning=marked(
            "Somebody may not have been told, or told late. The alert named here may need a call."
        ),
        first=marked(
            "Run `wayhome alerts prove`, open the alert it names, and ring who should have been told."
        ),
        who=marked(
            "The organisation's administrator for the call; whoever runs the servers for the cause"
        ),
    ),
    Playbook(
        name="called-unwatched",
        detector=UNWATCHED,
        subject="called/",
        title=marked("A call for help in a home that is not watched"),
        meaning=marked(
            "Somebody pressed for help, or a device says that somebody fell. No carer is told."
        ),
        first=marked(
            "Ring the home now, then its carers. Take the home live again if the person is back."
        ),
        who=marked("The technician or the administrator, at once"),
    ),
    Playbook(
        name="used-unwatched",
        detector=UNWATCHED,
        subject="used/",
        title=marked("Somebody is in a home that is not watched"),
        meaning=marked(
            "The person may be back early. The family may believe that it is watched; no carer is told."
        ),
        first=marked(
            "Ring the home or the carers. If the person is back: “Back to live” on the page of its steps."
        ),
        who=marked("The technician or the administrator, today"),
    ),
    Playbook(
        name="carer-not-reachable",
        detector=REACHABILITY,
        subject="weekly/",
        title=marked("A carer has not been reachable for weeks"),
        meaning=marked("The weekly test did not come through, so an alert may not either."),
        first=marked("Ring the carer, and let them try the test again while you speak."),
        who=marked("The organisation's administrator"),
    ),
    Playbook(
        name="not-told-of-watch",
        detector=REACHABILITY,
        subject="watch/",
        title=marked("A carer was not told that a home is not watched"),
        meaning=marked(
            "This carer may rely on being woken, and nobody watches. They are tried again for a day."
        ),
        first=marked(
            "Ring the carer now and tell them what the page of the home says is not watched."
        ),
        who=marked("The organisation's administrator, at once"),
    ),
    Playbook(
        name="finding-set-aside",
        detector=REACHABILITY,
        subject="finding/",
        title=marked("A finding could not become an alert"),
        meaning=marked(
            "Something was noticed in this home, and nobody was told of it: it broke the alerts service."
        ),
        first=marked(
            "Look at this home's last day and ring its carers; then send the log to who makes Wayhome."
        ),
        who=marked(
            "The organisation's administrator for the call; whoever runs the servers for the log"
        ),
    ),
    Playbook(
        name="answer-set-aside",
        detector=REACHABILITY,
        subject="answer/",
        title=marked("An answer had no effect"),
        meaning=marked(
            "Somebody has answered an alert, and the telling goes on: it broke the alerts service."
        ),
        first=marked(
            "Ring who answered and the carers of this home; then send the log to who makes Wayhome."
        ),
        who=marked(
            "The organisation's administrator for the call; whoever runs the servers for the log"
        ),
    ),
    Playbook(
        name="alert-broken",
        detector=REACHABILITY,
        subject="alert/",
        title=marked("An alert cannot be told on"),
        meaning=marked(
            "An alert is open and nobody more is told of it: it breaks the alerts service."
        ),
        first=marked(
            "Ring the carers of this home now about the alert; then send the log to who makes Wayhome."
        ),
        who=marked(
            "The organisation's administrator for the call; whoever runs the servers for the log"
        ),
    ),
    Playbook(
        name="nobody-reachable",
        detector=REACHABILITY,
        subject="home/",
        title=marked("Nobody of a care team can be woken"),
        meaning=marked("An alert is open and stands on the page only: it wakes nobody."),
        first=marked("Ring the carers of this home now, and tell them of the alert."),
        who=marked("The organisation's administrator, at once"),
    ),
    Playbook(
        name="nobody-on-call",
        detector=REACHABILITY,
        subject="on-call/",
        title=marked("Nobody is on call"),
        meaning=marked(
            "An alert is open and the rota has a gap: the first in the order was told instead."
        ),
        first=marked(
            "Put somebody on call now on the page of the rota, then fill the gap in its hours."
        ),
        who=marked("The organisation's administrator"),
    ),
    Playbook(
        name="address-refused",
        detector=REACHABILITY,
        subject_end="",
        subject="",
        title=marked("A channel or an address does not work"),
        meaning=marked(
            "One way is gone: to one carer, or to everybody where only a channel is named."
        ),
        first=marked(
            "Ask the carer for a new address; for everybody, look at the service behind it."
        ),
        who=marked(
            "The organisation's administrator for an address; whoever runs the servers for a channel"
        ),
    ),
)
PLAYBOOKS: Mapping[str, Playbook] = MappingProxyType({one.name: one for one in _ALL})
"""Every playbook by its name; of those that cover an alert the first counts."""


def playbook_for(detector: str, subject: str) -> Playbook | None:
    """Return what to do about an alert of the operators; None when there is no playbook.

    Examples
    --------
    >>> playbook_for("liveness", "device:7:silent").name
    'dead-sensor'
    >>> playbook_for("reachability", "webhook/12").name
    'address-refused'
    >>> playbook_for("sos", "") is None
    True
    """
    return next((one for one in _ALL if one.covers(detector, subject)), None)

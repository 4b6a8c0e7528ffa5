"""D8: outside and not heard any more, out at night where no door tells it, or on the way in a vehicle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.detector import (
    EACH_TICK,
    NEVER,
    DetectorSpec,
    Episode,
    Parameter,
    Signs,
    fact,
    finding,
)
from analytics.features import tracks
from analytics.features.device_faults import RETIRED
from analytics.features.devices import PERSON
from analytics.features.fixes import SIGMAS_IN_RADIUS, away
from analytics.features.localtime import HOUR_S, NIGHT_FROM_H, NIGHT_UNTIL_H
from analytics.features.wording import by_pronoun, duration
from core.model import search_rings
from core.model.finding import Evidence, Finding, Phase, Severity
from core.model.quantity import Quantity
from core.model.said import figure, say
from core.model.search_rings import Terrain, rings
from core.model.words import marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analytics.features.tracks import Track
    from analytics.features.view import HomeView
    from core.model.observation import Observation

SILENT_S = 900.0
USUAL_GAPS = 3.0
SILENT_AT_MOST_S = HOUR_S
"""Under a roof a receiver has no fix: at a place where she stays, silence counts so late."""
RARE_RIDE = 0.05
RIDES_PRIOR, OUTINGS_PRIOR = 0.5, 10.0
LEARNED_OUTINGS = 10.0
LATE_S = 900.0
TERRAIN = Terrain.URBAN
CONTACT, NIGHT, RIDE = "contact", "night", "ride"
_POSITION = Quantity.POSITION


class Geofence:
    """Episodes of each tracker: contact lost, out at night, a ride."""

    def __init__(self) -> None:
        self.due = NEVER
        #: By what it is about and the device, e.g. ``contact:9``.
        self._episodes: dict[str, Episode] = {}
        #: Last ride of each device that was told or passed over.
        self._rides: dict[int, float] = {}
        #: Whether movement inside would end an episode.
        self._waits = False

    def feed(self, observation: Observation, view: HomeView) -> Sequence[Finding]:
        """Judge what a tracker says of its place; have it looked whether she was seen inside."""
        if observation.quantity is not _POSITION:
            if self._waits:
                self.due = EACH_TICK
            return ()
        device = observation.device_id
        track = view.outdoors.tracks.get(device)
        if track is None:
            return ()
        found = list(self._heard_again(device, track, view))
        if view.outdoors.heard == device:
            if track.came_back:
                found += self._back(device, view)
            elif view.now - view.at <= LATE_S:
                found += self._out_at_night(device, track, view)
                found += self._ride(device, track, view)
        self.due = self._next_due(view)
        return found

    def tick(self, view: HomeView) -> Sequence[Finding]:
        """Find out whether a tracker outside has been silent for too long."""
        found = list(self._retired(view)) if view.changed else []
        for device, track in sorted(view.outdoors.tracks.items(), key=_number):
            key = f"{CONTACT}:{device}"
            if key in self._episodes:
                found += self._seen_inside(key, track, view)
            elif self._silent(track, view):
                found.append(self._contact_lost(key, device, track, view))
        self.due = self._next_due(view)
        return found

    def _retired(self, view: HomeView) -> Iterator[Finding]:
        """End what trackers told that are not in use any more: nothing more comes from them."""
        known = view.plan.by_id
        for key in [one for one in sorted(self._episodes) if int(one.split(":")[1]) not in known]:
            yield self._cleared(key, RETIRED, view)
        self._rides = {one: at for one, at in self._rides.items() if one in known}

    # Contact

    def _silent(self, track: Track, view: HomeView) -> bool:
        contact = track.contact_at
        if contact is None or not _watched(track, view):
            return False
        return view.coverage.elapsed(contact, view.now) > _silence_limit_s(track)

    def _next_due(self, view: HomeView) -> float:
        due, self._waits = NEVER, False
        for device, track in view.outdoors.tracks.items():
            if f"{CONTACT}:{device}" in self._episodes:
                self._waits = True
                if _seen_inside(track, view):
                    due = EACH_TICK
                continue
            contact = track.contact_at
            if contact is not None and _watched(track, view):
                left = _silence_limit_s(track) - view.coverage.elapsed(contact, view.now)
                due = min(due, view.now + max(left, 0.0))
        return due

    def _contact_lost(self, key: str, device: int, track: Track, view: HomeView) -> Finding:
        contact = track.contact_at or view.now
        episode = Episode(onset=contact, noticed=view.now, severity=Severity.CHECK)
        self._episodes[key] = episode
        return finding(
            view,
            DETECTOR.name,
            episode,
            _nothing_heard(contact, track, view),
            subject=key,
            unusual=say(
                "Outside it is usually heard every %(span)s", span=duration(max(track.gap_s, 60.0))
            ),
            ruled_out=(say("Nobody has moved at home since"),),
            advice=say(
                "Call now; if nobody answers, look first at the last place, then at places that"
                " mattered once: an old home, work."
            ),
            evidence=tuple(_rings(device, track, view)),
        )

    def _heard_again(self, device: int, track: Track, view: HomeView) -> Iterator[Finding]:
        key = f"{CONTACT}:{device}"
        contact = track.contact_at
        if contact is None or key not in self._episodes or contact <= self._episodes[key].onset:
            return
        where, when = view.outdoors.where(track), view.clock(contact)
        what = say("The tracker is heard again since %(time)s, %(place)s", time=when, place=where)
        yield self._cleared(key, what, view)

    def _seen_inside(self, key: str, track: Track, view: HomeView) -> Iterator[Finding]:
        if _seen_inside(track, view):
            yield self._cleared(key, say("Movement at home since then"), view)

    def _cleared(self, key: str, what: str, view: HomeView) -> Finding:
        episode = self._episodes.pop(key)
        return finding(view, DETECTOR.name, episode, what, Phase.CLEARED, subject=key)

    # Out, and how

    def _back(self, device: int, view: HomeView) -> Iterator[Finding]:
        self._rides.pop(device, None)
        for kind in (NIGHT, RIDE):
            if f"{kind}:{device}" in self._episodes:
                what = say("Back near home at %(time)s", time=view.clock(view.at))
                yield self._cleared(f"{kind}:{device}", what, view)

    def _out_at_night(self, device: int, track: Track, view: HomeView) -> Iterator[Finding]:
        left = track.left_at
        if not track.went_out or left is None or not view.local.is_night(left):
            return
        if any(one.exterior_door for one in view.plan.devices):
            return  # the detector of doors is sooner
        key = f"{NIGHT}:{device}"
        self._episodes[key] = Episode(onset=left, noticed=view.now, severity=Severity.CHECK)
        yield finding(
            view,
            DETECTOR.name,
            self._episodes[key],
            say(
                "Outside since %(time)s, %(place)s",
                time=view.clock(left),
                place=view.outdoors.where(track),
            ),
            subject=key,
            unusual=say("It is night"),
            advice=say("Call now; if nobody answers, go and look near the home first."),
            evidence=(fact(say("Left the surroundings of the home"), left, device),),
        )

    def _ride(self, device: int, track: Track, view: HomeView) -> Iterator[Finding]:
        began, known = track.ride_at, view.outdoors
        if began is None or self._rides.get(device) == began:
            return
        self._rides[device] = began
        usual = (known.rides + RIDES_PRIOR) / (known.outings + OUTINGS_PRIOR)
        if known.outings < LEARNED_OUTINGS or usual >= RARE_RIDE:
            return
        key = f"{RIDE}:{device}"
        self._episodes[key] = Episode(onset=began, noticed=view.now, severity=Severity.NOTICE)
        yield finding(
            view,
            DETECTOR.name,
            self._episodes[key],
            by_pronoun(
                view.plan.pronoun,
                marked("She is travelling by vehicle since %(time)s, %(place)s"),
                marked("He is travelling by vehicle since %(time)s, %(place)s"),
                marked("They are travelling by vehicle since %(time)s, %(place)s"),
                time=view.clock(began),
                place=view.outdoors.where(track),
            ),
            subject=key,
            unusual=say(
                "On about %(share)s of 100 outings; whether somebody drives along is not known",
                share=figure(100 * usual),
            ),
            evidence=(fact(_fast(), began, device),),
        )

    def snapshot(self) -> Any:
        """Return the state."""
        return {
            "episodes": {key: one.snapshot() for key, one in self._episodes.items()},
            "rides": {str(device): at for device, at in self._rides.items()},
            "due": EACH_TICK if self._waits else self.due,
        }

    def restore(self, state: Any) -> None:
        """Become what `snapshot` saw."""
        restored = ((key, Episode.restored(saved)) for key, saved in state["episodes"].items())
        self._episodes = {key: one for key, one in restored if one is not None}
        self._rides = {int(device): at for device, at in state["rides"].items()}
        self.due = state["due"]
        self._waits = any(key.startswith(f"{CONTACT}:") for key in self._episodes)


def _number(one: tuple[int, Track]) -> int:
    return one[0]


def _watched(track: Track, view: HomeView) -> bool:
    """Whether silence of this tracker would mean something now."""
    if track.left_at is None or view.coverage.blind or _seen_inside(track, view):
        return False
    return track.fix is None or track.fix.at != track.home_at  # on the doorstep, not back yet


def _seen_inside(track: Track, view: HomeView) -> bool:
    inside, contact = view.activity.interior_at, track.contact_at
    alone = view.plan.resident_id is not None
    return alone and inside is not None and contact is not None and inside > contact


def _silence_limit_s(track: Track) -> float:
    if track.staying:
        return SILENT_AT_MOST_S
    return min(max(SILENT_S, USUAL_GAPS * track.gap_s), SILENT_AT_MOST_S)


def _nothing_heard(contact: float, track: Track, view: HomeView) -> str:
    silent = duration(view.now - contact)
    text = say(
        "Nothing heard from the tracker since %(time)s, %(span)s; last %(place)s",
        time=view.clock(contact),
        span=silent,
        place=view.outdoors.where(track),
    )
    if track.riding:
        return say("%(text)s, in a vehicle", text=text)
    if track.staying or not track.heading:
        return text
    return say("%(text)s, walking %(wind)s", text=text, wind=track.heading)


def _fast() -> str:
    return say("Faster than %(speed)s m/s for 3 min", speed=figure(tracks.RIDE_M_S))


def _rings(device: int, track: Track, view: HomeView) -> Iterator[Evidence]:
    fix = track.fix
    if track.left_at is not None:
        yield fact(say("Left the surroundings of the home"), track.left_at, device)
    if fix is None:
        return
    radius = fix.sigma * SIGMAS_IN_RADIUS
    found = rings(view.now - fix.at, radius, TERRAIN)
    where = view.outdoors.where(track)
    last = say("Last place: %(place)s, give or take %(far)s", place=where, far=away(radius))
    yield fact(last, fix.at, device)
    yield fact(
        say(
            "On foot by now most likely within %(near)s of it, at most %(far)s",
            near=away(found.half_m),
            far=away(found.nearly_all_m),
        )
    )
    yield fact(
        say(
            "Half of all people missed in towns were found within %(near)s of their last"
            " known place, 95 of 100 within %(far)s",
            near=away(found.half_found_m),
            far=away(found.nearly_all_found_m),
        )
    )


DETECTOR = DetectorSpec(
    name="geofence",
    title="Outside",
    notices="A tracker outside is not heard any more, leaves at night a home without a door sensor, or"
    " travels by vehicle, which it hardly ever does.",
    blind_spots=(
        "Who drives: a carer's car looks like any other vehicle.",
        "A home in which nobody moves and nights are spent elsewhere is never learned.",
        "Movement of a guest at home after the last contact counts as her return, where she lives alone.",
        "While the home can not be seen, silence of a tracker is not told either.",
    ),
    references=(
        "detection.md §3 and (a) D8; docs/decisions/0118",
        "Koester 2008, Lost Person Behavior, distances as coded in IGT4SAR",
    ),
    parameters=(
        Parameter(
            name="home_radius", value=tracks.HOME_RADIUS_M, unit="m", meaning="of the home zone"
        ),
        Parameter(name="out", value=tracks.OUT_PROBABILITY, unit="1", meaning="of two fixes"),
        Parameter(name="back", value=tracks.BACK_PROBABILITY, unit="1", meaning="of two fixes"),
        Parameter(
            name="out_indoors",
            value=tracks.OUT_FIXES_INDOORS,
            unit="1",
            meaning="fixes while sensors inside say that she is home",
        ),
        Parameter(name="silent", value=SILENT_S / 60, unit="min", meaning="contact is lost"),
        Parameter(
            name="silent_at_most",
            value=SILENT_AT_MOST_S / 60,
            unit="min",
            meaning="the same where she stays, or where fixes are rare",
        ),
        Parameter(
            name="on_foot",
            value=search_rings.ON_FOOT_M_S,
            unit="m/s",
            meaning="growth of the rings",
        ),
        Parameter(name="ride", value=tracks.RIDE_M_S, unit="m/s", meaning="a vehicle, for 3 min"),
        Parameter(
            name="rare_ride", value=RARE_RIDE, unit="1", meaning="share of outings, told below"
        ),
        Parameter(name="night_from", value=NIGHT_FROM_H, unit="h", meaning="local hour"),
        Parameter(name="night_until", value=NIGHT_UNTIL_H, unit="h", meaning="local hour"),
    ),
    create=Geofence,
    quantities=PERSON | {_POSITION},
    signs=Signs.SHOWN,
    safety=True,
)

"""What a gateway knows of the registry is the same whether it read all of it or what has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.model.ids import DeviceId, HomeId
from core.model.intake import KnownDevice
from gateway.directory import Directory, Limits

HOMES = [HomeId(name) for name in ("a", "b", "c")]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Registry:
    """Homes with their mode, devices with whether somebody may not be watched by them."""

    modes: dict[HomeId, str]
    devices: dict[tuple[HomeId, str], tuple[int, bool]]

    def homes(self) -> dict[HomeId, str]:
        return self.modes

    def known(self, homes: set[HomeId]) -> list[KnownDevice]:
        return [
            KnownDevice(
                device_id=DeviceId(number),
                home_id=home,
                family="zigbee2mqtt",
                external_id=name,
                last_seen=NOON,
                unwatched=unwatched,
            )
            for (home, name), (number, unwatched) in sorted(self.devices.items())
            if home in homes and home in self.modes
        ]

    def guarded(self) -> set[HomeId]:
        return {one.home_id for one in self.known(set(HOMES)) if one.unwatched}

    def of(self, home: HomeId) -> object:
        return self.modes.get(home), self.known({home})


REGISTRIES = st.builds(
    Registry,
    st.dictionaries(st.sampled_from(HOMES), st.sampled_from(["live", "archive"])),
    st.dictionaries(
        st.tuples(st.sampled_from(HOMES), st.sampled_from(["door", "hall", "bed"])),
        st.tuples(st.integers(1, 9), st.booleans()),
    ),
)


@given(st.lists(REGISTRIES, min_size=1, max_size=6))
def test_reading_what_has_changed_is_reading_all(states: list[Registry]) -> None:
    changing, whole = Directory(Limits()), Directory(Limits())
    before = Registry({}, {})
    for now in states:
        changed = {home for home in HOMES if before.of(home) != now.of(home)}
        kept = dict(changing.tracks)
        fresh = changing.change(now.homes(), changed, now.known(changed), now.guarded())
        whole.replace(now.homes(), now.known(set(HOMES)), now.guarded())
        assert changing.homes == whole.homes
        assert changing.guarded == whole.guarded
        assert changing.tracks.keys() == whole.tracks.keys()
        for key, track in changing.tracks.items():
            other = whole.tracks[key]
            assert (track.device_id, track.archive, track.unwatched) == (
                other.device_id,
                other.archive,
                other.unwatched,
            )
            stays = key in kept and kept[key].device_id == track.device_id
            assert (track is kept.get(key)) is stays, "what is remembered of a device stays"
            assert (track in fresh) is not stays
        before = now

"""What is said of watching that rests because nobody is at home. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.model.away import Away
from dashboard.language import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

WHERE: Mapping[Away, str] = {
    Away.WITH_US: marked("With family or friends"),
    Away.HOSPITAL: marked("In hospital"),
    Away.HOLIDAY: marked("On holiday, or in respite care"),
}
STILL_TOLD = (
    marked("Somebody presses a call button, or a device says that somebody fell."),
    marked("A sensor says smoke, gas, carbon monoxide or water, where there is one."),
    marked("A stove is left on, where there is a sensor on it."),
    marked("We cannot see the home any more: the office is told."),
)
NOT_TOLD = (
    marked("Nobody moves, nobody gets up, or somebody is long in the bathroom."),
    marked("A door opens at night, or somebody is not back."),
    marked("Somebody goes far with a tracker, or loses the way outdoors."),
)
OTHERWISE = marked("That could not be done: it stands otherwise by now. This is how it stands.")

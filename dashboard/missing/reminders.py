"""What of a profile is old or missing, in words. Pure: the moment is a parameter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from dashboard.dates import date_words
from dashboard.language import _
from dashboard.wording import MONTHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.model.missing import Photo, Profile
    from dashboard.missing.form import ProfileForm

PHOTO_DAYS = 365
"""field.md §2.1: the photo is key, and must be current."""
PROFILE_DAYS = 183


def reminders(
    form: ProfileForm,
    profile: Profile | None,
    photo: Photo | None,
    saved: Mapping[str, datetime],
    now: datetime,
) -> tuple[str, ...]:
    """Return what somebody should do about a profile, the most useful first.

    Parameters
    ----------
    saved
        When each section was last saved.
    """
    if profile is None:
        return (_("Nothing is written down yet. Fill it in now, while there is time."),)
    return (*_photo(photo, now), *_sections(form, saved, now), *_profile(profile, now))


def _photo(photo: Photo | None, now: datetime) -> Iterator[str]:
    if photo is None:
        yield _("There is no photo. It is what helps most: add one.")
        return
    taken = photo.taken_on or photo.at.date()
    if now.date() - taken > timedelta(days=PHOTO_DAYS):
        text = _("The photo is from %(month)s, more than a year ago. Add a new one.")
        yield text % {"month": _month(taken)}
    elif photo.taken_on is None:
        yield _("Nobody said when the photo was taken. Add that with the next one.")


def _sections(form: ProfileForm, saved: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    empty = [_(section.title) for section in form.sections if section.name not in saved]
    if empty:
        yield _("Not filled in yet: %(parts)s.") % {"parts": "; ".join(empty)}
    for section in form.sections:
        at = saved.get(section.name)
        if at is None:
            continue
        if section.stale_days is not None and now - at > timedelta(days=section.stale_days):
            yield _(
                "“%(part)s” was last looked through on %(day)s, more than three months ago. Look through it"
                " again."
            ) % {"part": _(section.title), "day": date_words(at.date())}


def _profile(profile: Profile, now: datetime) -> Iterator[str]:
    if now - profile.at > timedelta(days=PROFILE_DAYS):
        yield _(
            "The whole profile was last saved on %(day)s, more than six months ago. Look through it."
        ) % {"day": date_words(profile.at.date())}


def _month(day: date) -> str:
    return f"{_(MONTHS[day.month - 1])} {day.year}"

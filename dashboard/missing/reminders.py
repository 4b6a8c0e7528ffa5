"""What of a profile is old or missing, in words. Pure: the moment is a parameter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

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
        return ("Nothing is written down yet. Fill it in now, while there is time.",)
    return (*_photo(photo, now), *_sections(form, saved, now), *_profile(profile, now))


def _photo(photo: Photo | None, now: datetime) -> Iterator[str]:
    if photo is None:
        yield "There is no photo. It is what helps most: add one."
        return
    taken = photo.taken_on or photo.at.date()
    if now.date() - taken > timedelta(days=PHOTO_DAYS):
        yield f"The photo is from {_month(taken)}, more than a year ago. Add a new one."
    elif photo.taken_on is None:
        yield "Nobody said when the photo was taken. Add that with the next one."


def _sections(form: ProfileForm, saved: Mapping[str, datetime], now: datetime) -> Iterator[str]:
    empty = [section.title for section in form.sections if section.name not in saved]
    if empty:
        yield f"Not filled in yet: {'; '.join(empty)}."
    for section in form.sections:
        at = saved.get(section.name)
        if at is None:
            continue
        if section.stale_days is not None and now - at > timedelta(days=section.stale_days):
            yield (
                f"“{section.title}” was last looked through on {_day(at.date())},"
                " more than three months ago. Look through it again."
            )


def _profile(profile: Profile, now: datetime) -> Iterator[str]:
    if now - profile.at > timedelta(days=PROFILE_DAYS):
        yield (
            f"The whole profile was last saved on {_day(profile.at.date())}, more than six months"
            " ago. Look through it."
        )


def _month(day: date) -> str:
    return f"{day:%B} {day.year}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"

"""The tree of errors that may cross a boundary of ours.

::

    WayhomeError
    ├── Temporary            trying again may help
    │   ├── StoreUnavailable     the database does not answer
    │   └── BrokerUnavailable    the MQTT broker does not answer
    └── Permanent            trying again changes nothing
        ├── Malformed            a message or form breaks its format
        ├── Unsupported          well formed, but nothing of it concerns us
        ├── Misconfigured        a setting is wrong; names it
        ├── PluginBroken         a driver, detector or channel fails to load; names the file
        └── NotRemoved           what is too old could not be removed

The one question a caller may ask is whether trying again will help. Exceptions of libraries never
cross ``core.store``, ``core.runtime.broker`` or a channel.
"""

from __future__ import annotations


class WayhomeError(Exception):
    """Root of all errors that this project raises on purpose."""


class Temporary(WayhomeError):  # noqa: N818 (reads as the answer to "will it help to try again?")
    """Trying again later may help."""


class Permanent(WayhomeError):  # noqa: N818
    """Trying again changes nothing."""


class StoreUnavailable(Temporary):
    """The database does not answer, or ended the connection."""


class BrokerUnavailable(Temporary):
    """The MQTT broker does not answer, or ended the connection."""


class Malformed(Permanent):
    """A message or form breaks its format.

    Parameters
    ----------
    field
        The offending field, dotted; ``topic`` or ``payload`` for the whole.
    expected
        What would have been right, with range and unit. Never the value itself: it may be personal.
    values
        What stands in it, for ``%(name)s``: a page that is translated puts them into its own words.

    Examples
    --------
    >>> str(Malformed("battery", "a number from 0 to 100 (%)"))
    'battery: expected a number from 0 to 100 (%)'
    >>> str(Malformed("ends", "at most %(n)s days", n=7))
    'ends: expected at most 7 days'
    """

    def __init__(self, field: str, expected: str, **values: object) -> None:
        self.field = field
        self.words, self.values = expected, values
        self.expected = expected % values if values else expected
        super().__init__(f"{field}: expected {self.expected}")


class Unsupported(Permanent):
    """Well formed, but of a kind that we do not read; harmless."""


class Misconfigured(Permanent):
    """A setting is missing or wrong; the text names it and says what would be right."""


class PluginBroken(Permanent):
    """A plugin file fails to load or breaks its contract; the text names the file."""


class Held(Permanent):
    """Records must stay, e.g. for an inquest, and are not erased."""


class NotRemoved(Permanent):
    """What is too old could not be removed."""

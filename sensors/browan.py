"""What the messages of Browan's TABS sensors have in common: state, battery, board temperature.

From the maker's reference manuals. A battery of 0 means that it is charging.
"""

from __future__ import annotations

from core.model.errors import Unsupported
from core.model.quantity import Quantity
from sensors.codec import Collected, need


def header(model: str, ports: tuple[int, int], data: bytes, found: Collected) -> None:
    """Read what stands in the first three bytes.

    Parameters
    ----------
    ports
        The port of the message and the only one that carries readings.

    Raises
    ------
    Malformed
        If the message is too short.
    Unsupported
        If it came on another port.
    """
    if ports[0] != ports[1]:
        raise Unsupported(f"{model}: port {ports[0]}")
    need(data, 3)
    if data[1] & 15:
        found.add(Quantity.VOLTAGE, (25 + (data[1] & 15)) * 100, "battery")
    found.add(Quantity.DEVICE_TEMPERATURE, (data[2] & 0x7F) - 32, "temperatureBoard")

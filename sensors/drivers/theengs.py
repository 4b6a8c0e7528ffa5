"""Theengs: Bluetooth sensors, wearables and beacons, heard by OpenMQTTGateway or Theengs Gateway.

Fields as in the documentation of theengs/decoder (devices, ``adding-decoders``) and of OpenMQTTGateway
(``use/ble``). A device is named by its address, whichever gateway hears it; ``rssi`` becomes ``signal`` with
the gateway as discriminator: where several stand in several rooms, the strongest tells in which room a
wearable is.

Passing phones and headphones that change their address (``RMAC``) are nobody's device and are not kept.
"""

from __future__ import annotations

from typing import Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity
from sensors import decoding, words
from sensors.driver import Decoded, Reading, Reporting, Supply

_TABLE: words.Table = {
    "motion": (Quantity.MOTION, words.yes),
    "presence": (Quantity.PRESENCE, words.yes),
    "open": (Quantity.CONTACT, words.opened),
    "contact": (Quantity.CONTACT, words.opened),
    "leak": (Quantity.WATER_LEAK, words.yes),
    "wet": (Quantity.WATER_LEAK, words.yes),
    "smoke": (Quantity.SMOKE, words.yes),
    "vibration": (Quantity.VIBRATION, words.yes),
    "tamper": (Quantity.TAMPER, words.yes),
    "bpm": (Quantity.HEART_RATE, words.amount),
    "act_bpm": (Quantity.HEART_RATE, words.amount),
    "steps": (Quantity.STEPS, words.amount),
    "tempc": (Quantity.TEMPERATURE, words.amount),
    "hum": (Quantity.HUMIDITY, words.amount),
    "pres": (Quantity.PRESSURE, words.amount),
    "lux": (Quantity.ILLUMINANCE, words.amount),
    "power": (Quantity.POWER, words.amount),
    "batt": (Quantity.BATTERY, words.amount),
    "lowbatt": (Quantity.BATTERY_LOW, words.yes),
    "volt": (Quantity.VOLTAGE, words.scaled(1000)),
}
_OF_OTHER_THINGS = {
    "WCVR": frozenset({"motion", "open"}),  # of a blind's motor
    "TIRE": frozenset({"pres", "tempc"}),
    "BBQ": frozenset({"tempc"}),  # of a probe in food
    "ENRG": frozenset({"tempc"}),  # of the water of a shower
}
"""Fields that tell of something else than the home, by the kind of device."""
_PRESSES = {
    1: "single",
    2: "double",
    3: "triple",
    5: "quintuple",
    9: "long",
    11: "hold",
}
"""4 is four clicks with some products and a long press with others."""
_RELEASED = 10
_BUTTONS = ("button", "press", "button1", "button2", "button3", "button4")
_MAC_DIGITS = 12
_HEARD = "BTtoMQTT"


class _Theengs:
    family = "theengs"
    title = "Theengs and OpenMQTTGateway (Bluetooth)"
    quantities = frozenset(
        {
            *(quantity for quantity, _ in _TABLE.values()),
            Quantity.BUTTON,
            Quantity.SIGNAL,
            Quantity.SWITCH,
            Quantity.DEVICE_TEMPERATURE,
        }
    )
    setup = (
        "OpenMQTTGateway: MQTT base topic homes/HOME/theengs/ and the room as gateway name. Theengs Gateway:"
        " publish_topic homes/HOME/theengs/ROOM/BTtoMQTT and lwt_topic homes/HOME/theengs/ROOM/LWT."
        " Allow only the residents' own devices (white-list). Phones and watches that change their address:"
        " pubBeaconUuidForTopic, or the identity address and key in Theengs Gateway"
    )
    reporting = Reporting(
        interval_s=3600,
        heartbeat=False,
        supply=Supply.BATTERY,
        battery="A percentage in its advertisements, or the voltage of the battery.",
    )
    protocols = frozenset({"theengs", "ble-theengs", "openmqttgateway-ble"})
    bases = ("home/",)
    example_topic = "gateway/BTtoMQTT/AABBCCDDEEFF"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        gateway, _, last = topic.rpartition("/")
        if last == "LWT":
            return Decoded(external_id=decoding.name(gateway), online=words.online(payload))
        gateway, kind, device = self._address(topic)
        if kind not in (_HEARD, "SYStoMQTT", "home_presence"):
            raise Unsupported(f"theengs: {kind[:40]}")
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a JSON object")
        if kind == "SYStoMQTT":
            return _gateway(gateway, fields)
        if kind == _HEARD and not device:
            raise Unsupported("theengs: a topic without an address")
        return _heard(device, gateway, fields)

    @staticmethod
    def _address(topic: str) -> tuple[str, str, str]:
        """Return gateway, kind of message and device; the device is empty where the payload names it."""
        levels = topic.split("/")
        if "home_presence" in levels:
            return levels[-1], "home_presence", ""
        for kind in (_HEARD, "SYStoMQTT"):
            if kind in levels:
                at = levels.index(kind)
                return "/".join(levels[:at]), kind, "/".join(levels[at + 1 :])
        return "", levels[-1] or "no topic", ""


def _heard(device: str, gateway: str, fields: dict[str, Any]) -> Decoded:
    kind = fields.get("type")
    if kind == "RMAC" or (fields.get("prmac") is True and not device):
        raise Unsupported("theengs: a device that changes its address")
    external_id = _name(device or fields.get("id"))
    without = _OF_OTHER_THINGS.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
    found = words.read(fields, _TABLE, without=without)
    if "tempc" not in fields and fields.get("tempf") is not None and "tempc" not in without:
        celsius = words.fahrenheit(fields["tempf"], "tempf")
        found.append(decoding.reading(Quantity.TEMPERATURE, celsius, "tempf"))
    if fields.get("rssi") is not None:
        strength = words.amount(fields["rssi"], "rssi")
        found.append(decoding.reading(Quantity.SIGNAL, strength, "rssi", discriminator=gateway))
    for button in _BUTTONS:
        found += _pressed(button, fields.get(button))
    action = fields.get("action")
    if isinstance(action, str) and action and kind == "BTN":
        which = action[: decoding.NAME_LENGTH]
        found.append(decoding.reading(Quantity.BUTTON, 1.0, "action", discriminator=which))
    state = fields.get("state")
    if kind == "ACTR" and state in ("on", "off"):
        found.append(decoding.reading(Quantity.SWITCH, float(state == "on"), "state"))
    return Decoded(
        external_id=external_id,
        readings=tuple(found),
        online=False if state == "offline" else None,
    )


def _name(value: object) -> str:
    """Return the name of a device: an address always in the same spelling, anything else as it is."""
    if not isinstance(value, str):
        raise Malformed("id", "the address of the device")
    short = value.replace(":", "").replace("-", "")
    if len(short) == _MAC_DIGITS and all(one in "0123456789abcdefABCDEF" for one in short):
        return short.upper()
    return decoding.name(value)


def _pressed(button: str, value: object) -> list[Reading]:
    if value is None:
        return []
    code = words.amount(value, button)
    if code in (0, _RELEASED):  # not this one; and letting go is no second press
        return []
    if code not in range(256):
        raise Malformed(button, "a whole number from 0 to 255")
    how = _PRESSES.get(int(code), f"{int(code)}")
    which = how if button in ("button", "press") else f"{button[-1]}:{how}"
    return [decoding.reading(Quantity.BUTTON, 1.0, button, discriminator=which)]


def _gateway(gateway: str, fields: dict[str, Any]) -> Decoded:
    """Read what a gateway says of itself."""
    found = []
    if fields.get("rssi") is not None:
        strength = words.amount(fields["rssi"], "rssi")
        found.append(decoding.reading(Quantity.SIGNAL, strength, "rssi", discriminator="wifi"))
    if fields.get("tempc") is not None:
        inside = words.amount(fields["tempc"], "tempc")
        found.append(decoding.reading(Quantity.DEVICE_TEMPERATURE, inside, "tempc"))
    firmware = decoding.version(fields.get("version"))
    return Decoded(
        external_id=decoding.name(gateway), readings=tuple(found), online=True, firmware=firmware
    )


DRIVER = _Theengs()

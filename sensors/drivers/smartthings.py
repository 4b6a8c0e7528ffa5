"""SmartThings: what a hub of Samsung tells, as the Leeds pilot of ACTIVAGE used it.

SmartThings speaks no MQTT. A small bridge, which need not understand anything, publishes below
``homes/HOME/smartthings/DEVICE``, DEVICE being SmartThings' own ``deviceId``:

- each event of a subscription (``DEVICE_EVENT``, ``DEVICE_HEALTH_EVENT``) as it comes, alone or in the
  ``EVENT`` lifecycle of a webhook, of which only what concerns DEVICE is read;
- and, when it starts and once an hour, the answer of ``GET /devices/DEVICE/status`` and ``…/health``: each
  attribute has its own time there, so what was told before is known again.

Capabilities as in the product's reference, "Production capabilities". ``presenceSensor`` is a room's sensor
or something that comes and goes with its owner, which the message does not tell: do not register the phone of
a carer. A detector that is being ``tested`` tells no alarm. ``lock``, ``sleepSensor`` and others have no
quantity here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.model.errors import Malformed, Unsupported
from core.model.quantity import Quantity, definition
from sensors import decoding
from sensors.codec import Collected
from sensors.driver import Decoded, Reporting, Supply
from sensors.names import numeric
from sensors.units import in_our_unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DETECTED = {"detected": 1.0, "clear": 0.0, "tested": None}
_OPEN = {"open": 1.0, "closed": 0.0, "opening": 1.0, "closing": 1.0, "unknown": None}
_ACTIVE = {"active": 1.0, "inactive": 0.0}
_WORDS: Mapping[tuple[str, str], tuple[Quantity, Mapping[str, float | None]]] = {
    ("motionSensor", "motion"): (Quantity.MOTION, _ACTIVE),
    ("accelerationSensor", "acceleration"): (Quantity.VIBRATION, _ACTIVE),
    ("shockSensor", "shock"): (Quantity.VIBRATION, _DETECTED),
    ("contactSensor", "contact"): (Quantity.CONTACT, _OPEN),
    ("doorControl", "door"): (Quantity.CONTACT, _OPEN),
    ("garageDoorControl", "door"): (Quantity.CONTACT, _OPEN),
    ("samsungce.doorState", "doorState"): (Quantity.CONTACT, _OPEN),
    ("presenceSensor", "presence"): (Quantity.PRESENCE, {"present": 1.0, "not present": 0.0}),
    ("occupancySensor", "occupancy"): (Quantity.PRESENCE, {"occupied": 1.0, "unoccupied": 0.0}),
    ("waterSensor", "water"): (Quantity.WATER_LEAK, {"wet": 1.0, "dry": 0.0}),
    ("smokeDetector", "smoke"): (Quantity.SMOKE, _DETECTED),
    ("gasDetector", "gas"): (Quantity.GAS, _DETECTED),
    ("carbonMonoxideDetector", "carbonMonoxide"): (Quantity.CARBON_MONOXIDE, _DETECTED),
    ("tamperAlert", "tamper"): (Quantity.TAMPER, _DETECTED),
    ("panicAlarm", "panicAlarm"): (Quantity.SOS, {"panic": 1.0, "clear": 0.0}),
    ("switch", "switch"): (Quantity.SWITCH, {"on": 1.0, "off": 0.0}),
    ("outlet", "switch"): (Quantity.SWITCH, {"on": 1.0, "off": 0.0}),
    ("batteryLevel", "battery"): (
        Quantity.BATTERY_LOW,
        {"normal": 0.0, "warning": 1.0, "critical": 1.0, "unknown": None},
    ),
}
_NUMBERS: Mapping[tuple[str, str], tuple[Quantity, str]] = {
    ("battery", "battery"): (Quantity.BATTERY, "%"),
    ("samsungce.rechargeableBattery", "battery"): (Quantity.BATTERY, "%"),
    ("temperatureMeasurement", "temperature"): (Quantity.TEMPERATURE, "C"),
    ("relativeHumidityMeasurement", "humidity"): (Quantity.HUMIDITY, "%"),
    ("illuminanceMeasurement", "illuminance"): (Quantity.ILLUMINANCE, "lux"),
    ("atmosphericPressureMeasurement", "atmosphericPressure"): (Quantity.PRESSURE, "kPa"),
    ("powerMeter", "power"): (Quantity.POWER, "W"),
    ("voltageMeasurement", "voltage"): (Quantity.VOLTAGE, "V"),
    ("signalStrength", "rssi"): (Quantity.SIGNAL, "dBm"),
    ("signalStrength", "lqi"): (Quantity.LINK_QUALITY, ""),
    ("stepSensor", "numberOfSteps"): (Quantity.STEPS, ""),
    ("heartRateMeasurement", "heartRate"): (Quantity.HEART_RATE, ""),
}
"""With the unit where none is told."""
_BUTTONS = frozenset({("button", "button"), ("holdableButton", "button")})
_HEALTH = {"online": True, "offline": False, "unhealthy": True}
_MAIN = "main"
_ALLOWED = (-460.0, 10000.0)
"""Range of ``temperatureMeasurement`` in the product's reference, for ovens too."""


class _SmartThings:
    family = "smartthings"
    title = "Samsung SmartThings"
    quantities = frozenset(
        {
            *(quantity for quantity, _ in _WORDS.values()),
            *(quantity for quantity, _ in _NUMBERS.values()),
            Quantity.BUTTON,
            Quantity.POSITION,
        }
    )
    setup = (
        "a bridge that publishes each DEVICE_EVENT and DEVICE_HEALTH_EVENT of a subscription, and once an"
        " hour the answer of GET /v1/devices/DEVICE/status, unchanged to homes/HOME/smartthings/DEVICE (its"
        " deviceId), QoS 1, not retained"
    )
    reporting = Reporting(
        interval_s=7200,
        heartbeat=False,
        supply=Supply.EITHER,
        battery="A percentage with the status; some devices only say normal, warning or critical.",
    )
    protocols = frozenset({"smartthings", "smartthings-event", "smartthings-rest"})
    bases = ("smartthings/",)
    example_topic = "device"

    def decode(self, topic: str, payload: bytes) -> Decoded:
        device = decoding.name(topic)
        fields = decoding.decode_object(payload)
        if fields is None:
            raise Malformed("payload", "a JSON object")
        found = Collected()
        if "components" in fields:
            online = _status(fields["components"], found)
        elif "state" in fields and "eventType" not in fields:
            online = _health(fields["state"], "state")
        else:
            online = _events(device, fields, found)
        return Decoded(external_id=device, readings=tuple(found.readings), online=online)


def _events(device: str, fields: dict[str, Any], found: Collected) -> bool | None:
    events = _listed(fields)
    concerned = [one for one in events if len(events) == 1 or _device(one) == device]
    if not concerned:
        raise Unsupported("smartthings: events of other devices")
    online: bool | None = None
    for event in concerned:
        kind = event.get("eventType")
        if kind == "DEVICE_EVENT":
            _event(event, found)
        elif kind == "DEVICE_HEALTH_EVENT":
            online = _health(_part(event, "deviceHealthEvent").get("status"), "status")
        elif len(concerned) == 1:
            raise Unsupported(f"smartthings: {str(kind)[:40]}")
    return online


def _listed(fields: dict[str, Any]) -> list[dict[str, Any]]:
    if "eventType" in fields:
        return [fields]
    events = _part(fields, "eventData").get("events")
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise Unsupported("smartthings: neither an event nor a device's status")
    return events


def _device(event: dict[str, Any]) -> object:
    told = (one.get("deviceId") for one in event.values() if isinstance(one, dict))
    return next((one for one in told if one is not None), None)


def _event(event: dict[str, Any], found: Collected) -> None:
    said = _part(event, "deviceEvent")
    found.at = decoding.moment(event.get("eventTime") or said.get("eventTime"), "eventTime")
    names = (said.get("capability"), said.get("attribute"), said.get("componentId", _MAIN))
    if not all(isinstance(one, str) for one in names):
        raise Malformed("deviceEvent", "capability, attribute and componentId")
    if said.get("value") is None:
        return
    unit = said.get("unit") or _part(said, "data").get("unit")
    capability, attribute, component = (str(one) for one in names)
    _attribute((capability, attribute), component, said.get("value"), unit, found)


def _status(components: object, found: Collected) -> bool | None:
    online: bool | None = None
    for component, capability, attribute, told in _told(components):
        value = told.get("value")
        if value is None:
            continue
        if capability == "healthCheck" and attribute in {
            "DeviceWatch-DeviceStatus",
            "healthStatus",
        }:
            online = _health(value, attribute)
            continue
        found.at = decoding.moment(told.get("timestamp"), "timestamp")
        _attribute((capability, attribute), component, value, told.get("unit"), found)
    _place(components, found)
    return online


def _told(components: object) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield component, capability, attribute and what it says."""
    if not isinstance(components, dict):
        raise Malformed("components", "an object")
    for component, capabilities in components.items():
        for capability, attributes in _objects(capabilities):
            for attribute, told in _objects(attributes):
                if isinstance(told, dict):
                    yield component, capability, attribute, told


def _objects(value: object) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _attribute(
    names: tuple[str, str], component: str, value: object, unit: object, found: Collected
) -> None:
    place = "" if component == _MAIN else component
    if names in _WORDS:
        quantity, words = _WORDS[names]
        if not isinstance(value, str) or value not in words:
            raise Malformed(names[1], f"one of {', '.join(words)}")
        sign = words[value]
        if sign is not None:
            found.add(quantity, sign, names[1], place)
    elif names in _NUMBERS:
        _number(names, value, unit, place, found)
    elif names in _BUTTONS:
        if not isinstance(value, str):
            raise Malformed(names[1], "how it was pressed")
        found.add(Quantity.BUTTON, 1.0, names[1], f"{place} {value}".strip())


def _number(
    names: tuple[str, str], value: object, unit: object, place: str, found: Collected
) -> None:
    quantity, usual = _NUMBERS[names]
    amount = decoding.number(value, names[1])
    ours = in_our_unit(quantity, amount, unit or usual)
    if ours is None:
        raise Malformed(names[1], f"a unit of {quantity.value}")
    if quantity is not Quantity.TEMPERATURE or not _not_of_air(amount, ours):
        found.add(quantity, ours, names[1], place)


def _not_of_air(told: float, celsius: float) -> bool:
    """Tell an oven, or a probe that is not there, which the capability allows, from what is impossible."""
    air = definition(Quantity.TEMPERATURE)
    return not air.low <= celsius <= air.high and _ALLOWED[0] <= told <= _ALLOWED[1]


def _place(components: object, found: Collected) -> None:
    told = _part(_part(components, _MAIN), "geolocation")
    north, east, accuracy = (
        numeric(_part(told, key).get("value")) for key in ("latitude", "longitude", "accuracy")
    )
    if north is None or east is None:
        return
    at = decoding.moment(_part(told, "latitude").get("timestamp"), "timestamp")
    found.place(north, east, accuracy_m=accuracy, at=at)


def _health(value: object, field: str) -> bool:
    word = value.lower() if isinstance(value, str) else ""
    if word not in _HEALTH:
        raise Malformed(field, "online or offline")
    return _HEALTH[word]


def _part(value: object, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


DRIVER = _SmartThings()

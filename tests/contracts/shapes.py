"""Words, keys and topics of the families that drivers read, and strategies that put them together."""

from __future__ import annotations

from hypothesis import strategies as st

_KEYS = """
battery_low contact_2 door_state fall_down_status gas motion_state power_phase_b presence presence_state
presence_time sos state tilt voltage work_state update
Time TempUnit PressureUnit POWER POWER1 Switch1 Hall_PIR Button1 Action ENERGY Power Voltage SI7021 ESP32 Wifi
Temperature Humidity Pressure RSSI Signal Vcc ZbReceived ZbInfo LwReceived IBEACON MAC STATE Name Device Click
0006!02 DoorOpen Battery BatteryPercentage LinkQuality StatusSNS StatusSTS UID mac Btn MJYD2S-ca1a3e ACTION
motion vibration active lux bat tmp hum sensor accel is_valid value units tC wifi_sta rssi relays meters ison
power inputs ext_temperature gas_sensor alarm_state unixtime event event_cnt method params ts events component
data switch:0 input:0 temperature:0 devicepower:0 smoke:0 presencezone:200 bthomedevice:200 output apower
alarm percent external present BTHome_version address button moisture door pid battery temperature illuminance
type id tempc tempf pres volt open bpm prmac uuid button1 press event_type steps act_bpm lowbatt
"""
_WORDS = """
ON OFF on off online offline true false none fall move open close 0 1 21.5 S F C tilt single long RMAC CTMO
WCVR ACTR NotifyStatus NotifyFullStatus NotifyEvent single_push shelly-blu emergency region_1_enter mild hPa
2026-11-29T02:00:00+01:00 2026-11-29T02:00:00
"""
_TOPICS = """
tele/x/SENSOR tele/x/STATE stat/x/RESULT stat/x/POWER stat/x/PIR1 stat/x/BUTTON1 stat/x/SWITCH1 tele/x/LWT
x/tele/SENSOR stat/x/STATUS10 cmnd/x/POWER
x/sensor/state x/sensor/temperature x/relay/0 x/relay/0/power x/input_event/0 x/light/0/status x/info x/online
x/events/rpc x/status/switch:0 x/status/bthomedevice:200 shellies/x/sensor/gas x/longpush/0 blu/7c:c6:b6
x/binary_sensor/hall_motion/state x/sensor/battery/state x/event/sos/state x/light/lamp/state x/y/z/state
hall/BTtoMQTT/AABBCCDDEEFF hall/LWT hall/SYStoMQTT home_presence/hall BTtoMQTT/
"""
KEYS = tuple(_KEYS.split())
WORDS = tuple(_WORDS.split())
TOPICS = tuple(_TOPICS.split())

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-2, 300)
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(WORDS)
)
"""Anything that a field may be, most of it wrong."""
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=14,
)
"""Objects of the keys above, in each other."""
topics = st.sampled_from(TOPICS) | st.text(max_size=30)

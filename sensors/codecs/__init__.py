"""Codecs of LoRaWAN devices, one file per model; see `sensors.codec`."""

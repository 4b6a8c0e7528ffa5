#!/bin/sh
# Puts the bundle of home ${home} in its places on a hub with Mosquitto (Debian, Raspberry Pi OS). Run with sudo.
set -eu
cd "$$(dirname "$$0")"
install -d -o root -g mosquitto -m 0750 /etc/mosquitto/wayhome
install -o root -g mosquitto -m 0640 wayhome-ca.crt client.crt client.key /etc/mosquitto/wayhome/
install -o root -g mosquitto -m 0640 wayhome.conf /etc/mosquitto/conf.d/wayhome.conf
install -o root -g root -m 0644 wayhome-alive.service wayhome-alive.timer /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now wayhome-alive.timer
if [ -e wayhome-renew.sh ]; then
    install -o root -g root -m 0755 wayhome-renew.sh /usr/local/sbin/wayhome-renew
    install -o root -g root -m 0644 wayhome-renew.service wayhome-renew.timer /etc/systemd/system/
    rm -rf /etc/mosquitto/wayhome/next
    systemctl daemon-reload
    systemctl enable --now wayhome-renew.timer
fi
rm -f client.key
systemctl restart mosquitto
echo "Done. This folder is of no use any more: remove it."

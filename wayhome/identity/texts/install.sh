#!/bin/sh
# Puts the bundle of home ${home} in its places on a hub with Mosquitto (Debian, Raspberry Pi OS). Run with sudo.
set -eu
cd "$$(dirname "$$0")"
# A hub that was in another home: what it still holds of that one can not be sent any more, and is nobody's business here.
if [ -e /etc/mosquitto/conf.d/wayhome.conf ] && ! grep -q "^topic homes/${home}/# " /etc/mosquitto/conf.d/wayhome.conf; then
    systemctl stop mosquitto
    rm -f /var/lib/mosquitto/mosquitto.db
    echo "This hub was in another home. What it still held of that home is deleted."
fi
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

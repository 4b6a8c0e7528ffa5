#!/bin/sh
# Renews the certificate of the hub of home ${home} when a third of its life is left; wayhome-renew.timer runs it
# each day. The new key is made here and stays here: only a request for it is sent, signed by the present key.
# Whatever happens in between, the present certificate goes on working, and the next run goes on from there.
set -eu
umask 027
cd /etc/mosquitto/wayhome
pages="${pages}/hub-renewal"

say() { echo "wayhome-renew: $$*" >&2; }
key_of_certificate() { openssl x509 -in "$$1" -noout -pubkey; }
key_of_key() { openssl pkey -in "$$1" -pubout; }
fits() { [ "$$(key_of_certificate "$$1")" = "$$(key_of_key "$$2")" ]; }

finish() {
    mv next/client.key client.key
    rm -rf next
    chgrp mosquitto client.crt client.key wayhome-ca.crt 2>/dev/null || true
    chmod 0640 client.crt client.key wayhome-ca.crt
    systemctl restart mosquitto
    say "renewed, until $$(openssl x509 -in client.crt -noout -enddate | cut -d= -f2)"
}

# a run that was cut off after the certificate had come into its place
if [ -e next/client.key ] && fits client.crt next/client.key; then
    finish
    exit 0
fi
if [ ! -e next/request.pem ]; then
    if openssl x509 -in client.crt -noout -checkend ${early} >/dev/null; then
        exit 0
    fi
    rm -rf next
    mkdir -m 0700 next
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out next/client.key 2>/dev/null
    openssl req -new -key next/client.key -subj "/CN=next" -out next/request.draft
    mv next/request.draft next/request.pem
fi
openssl dgst -sha256 -sign client.key next/request.pem | openssl base64 -A > next/signature
code=202 tries=0
while [ "$$code" = 202 ]; do
    tries=$$((tries + 1))
    if [ "$$tries" -gt 60 ]; then
        say "the certificate is not made yet; the next run fetches it"
        exit 1
    fi
    [ "$$tries" = 1 ] || sleep 1
    code=$$(curl -sS --max-time 30 -o next/answer -w '%{http_code}' \
        --data-urlencode certificate@client.crt --data-urlencode request@next/request.pem \
        --data-urlencode signature@next/signature "$$pages") || code=000
done
if [ "$$code" != 200 ]; then
    say "not renewed (answer $$code). Until $$(openssl x509 -in client.crt -noout -enddate | cut -d= -f2)" \
        "the present certificate is of use; then a new bundle must be brought."
    [ "$$code" = 000 ] || [ "$$code" -ge 500 ] || rm -rf next
    exit 1
fi
# first our certificate, then the authorities to trust at the broker
awk '/BEGIN CERTIFICATE/ { n++ } { print > (n > 1 ? "next/wayhome-ca.crt" : "next/client.crt") }' next/answer
if ! fits next/client.crt next/client.key || ! openssl x509 -in next/wayhome-ca.crt -noout; then
    say "the answer is no certificate for our key"
    rm -rf next
    exit 1
fi
mv next/wayhome-ca.crt wayhome-ca.crt
mv next/client.crt client.crt
finish

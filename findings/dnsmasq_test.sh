#!/bin/sh
# dnsmasq-base 2.90-4~deb12u2 (Debian 12): `dnsmasq --test` says "syntax check OK", exit 0, of a configuration whose
# dhcp-hostsfile holds nonsense or is not there at all: files that are named by dhcp-hostsfile and dhcp-optsfile are not
# read. The same lines as dhcp-host= in the configuration are refused. The service starts too, and logs the bad lines once.
# It accepts as well one MAC address with two addresses, and two ranges that overlap; only one address with two MACs is
# refused, and only among dhcp-host= lines.
# Expected: the files that the configuration names are read, or --test says that they are not.
# Why it hurts: the fixed addresses of a rack are made by a program and belong into a dhcp-hostsfile (it can be read again
# by SIGHUP). The test before the roll-out checks everything but them; the nodes of a broken line boot with an address of
# the range, or of none, and look like nodes that nobody ordered. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq dnsmasq-base=2.90-4~deb12u2 >/dev/null 2>&1 || { echo "cannot download dnsmasq-base" >&2; exit 2; }
dpkg-deb -x dnsmasq-base_*.deb .

# says WHAT WANTED: writes standard input below the common lines and prints what --test says; WANTED is the exit code.
says() {
    { printf 'port=0\ndhcp-range=192.0.2.10,192.0.2.50,1h\n'; cat; } > conf
    code=0
    ./usr/sbin/dnsmasq --test -C "$room/conf" > out 2>&1 || code=$?
    printf '    %-46s exit %s, %s\n' "$1" "$code" "$(tail -n 1 out)"
    [ "$code" = "$2" ] || { echo "changed: the exit code was $2" >&2; exit 1; }
}

printf 'node seven is on the left\n52:54:00:00:00:zz,300.1.1.1\n' > nonsense
echo "dnsmasq 2.90, --test:"
echo "dhcp-hostsfile=$room/nonsense" | says "dhcp-hostsfile with nonsense:" 0
echo "dhcp-hostsfile=$room/absent" | says "dhcp-hostsfile that is not there:" 0
echo "dhcp-optsfile=$room/nonsense" | says "dhcp-optsfile with nonsense:" 0
printf 'dhcp-host=52:54:00:00:00:01,192.0.2.20\ndhcp-host=52:54:00:00:00:01,192.0.2.21\n' | says "one MAC, two addresses:" 0
echo 'dhcp-range=192.0.2.30,192.0.2.60,2h' | says "two ranges that overlap:" 0
printf 'dhcp-host=52:54:00:00:00:01,192.0.2.20\ndhcp-host=52:54:00:00:00:02,192.0.2.20\n' | says "two MACs, one address:" 1
echo 'dhcp-host=52:54:00:00:00:zz,300.1.1.1' | says "a line of the nonsense, as dhcp-host=:" 1

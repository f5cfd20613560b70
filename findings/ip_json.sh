#!/bin/sh
# iproute2 6.1.0-3 (Debian 12): `ip -j link show type bond` on a machine whose kernel has not loaded the type's module
# prints one empty object for every interface that there is, "[{},{},{}]", exit 0; the text form prints nothing. With the
# module loaded and no such interface it is "[]". (The kernel does not filter by a type that it does not know; ip then
# leaves the others out itself, after it has opened the object.)
# Expected: "[]".
# Why it hurts: in a ramdisk the bonding module is loaded when the first bond is made, so the state before is just this.
# `jq length` says that there are as many bonds as interfaces, lo included; a loop over ifname stops at a missing key, on
# the machine that was never configured and not on the developer's. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq iproute2=6.1.0-3 >/dev/null 2>&1 || { echo "cannot download iproute2=6.1.0-3" >&2; exit 2; }
dpkg-deb -x iproute2_6.1.0-3_*.deb .
[ ! -e /sys/class/net/bonding_masters ] || { echo "the bonding module is loaded here: not to be seen" >&2; exit 2; }

# In a network namespace of its own: lo and one pair of veth.
cat > look <<'END_SH'
ip=$1/bin/ip
"$ip" link add one type veth peer name two
"$ip" -j link show type bond > json
"$ip" link show type bond > text
"$ip" -j link show | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))' > all
"$ip" -j link show type veth | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))' > veth
END_SH
unshare --net sh -eu look "$room"

echo "iproute2 6.1.0, $(cat all) interfaces, $(cat veth) of type veth, none of type bond, module not loaded:"
echo "    ip -j link show type bond: $(cat json)"
echo "    ip link show type bond:    $(cat text)"
[ "$(cat json)" = "[{},{},{}]" ] || { echo "changed: other JSON" >&2; exit 1; }
[ ! -s text ] || { echo "changed: the text form prints something" >&2; exit 1; }
[ "$(cat all) $(cat veth)" = "3 2" ] || { echo "changed: another count of interfaces" >&2; exit 1; }

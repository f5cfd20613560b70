#!/bin/sh
# rasdaemon 0.6.8-1.1 (Debian 12): without a mounted debugfs it records nothing and ends with exit code 0, so that
# systemd (Restart=on-abort) calls the service "inactive (dead)" and not failed. A machine whose debugfs mount is masked
# has no memory errors in rasdaemon's database, whatever happens. Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq rasdaemon=0.6.8-1.1 >/dev/null 2>&1 || { echo "cannot download rasdaemon=0.6.8-1.1" >&2; exit 2; }
dpkg-deb -x rasdaemon_0.6.8-1.1_*.deb .

# In a mount namespace of its own, without debugfs and tracefs (as where sys-kernel-debug.mount is masked).
cat > run <<'END'
for kind in tracefs debugfs; do
    awk -v kind="$kind" '$3 == kind {print $2}' /proc/mounts | while read -r place; do umount -l "$place"; done
done
timeout 20 ./usr/sbin/rasdaemon --foreground --record > out 2>&1 && code=0 || code=$?
echo "$code" > code
END
unshare --mount sh run

echo "rasdaemon 0.6.8-1.1, debugfs not mounted: exit code $(cat code), output:"
sed 's/^/    /' out
[ "$(cat code)" = 0 ] || { echo "changed: the exit code is no longer 0" >&2; exit 1; }
grep -q "Can't find debugfs" out || { echo "changed: it no longer says that debugfs is missing" >&2; exit 1; }

#!/bin/sh
# fdisk 2.38.1-5+deb12u3 (Debian 12; util-linux's sfdisk): `sfdisk --verify` ends with 0 whatever it finds. A disk without
# any partition table, a partition that ends behind the end of the disk and a backup GPT that is not at the end ("1 error
# detected") are all exit 0. "No errors detected." is said as well of a GPT whose primary header is gone, and of a disk
# that is half as large as its table says (an image written to a smaller disk).
# Expected: another exit code for an error that it counts itself and for no table; a table that does not fit is an error.
# Why it hurts: the check after an image was written, or after a disk was swapped, is `sfdisk --verify "$disk" && next`.
# The machine with half of its data partition missing goes on; the file system is mounted, and fails when it is filled.
# Ends with 0 while that is so.
set -eu
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
chmod 755 .
apt-get download -qq fdisk=2.38.1-5+deb12u3 >/dev/null 2>&1 || { echo "cannot download fdisk" >&2; exit 2; }
dpkg-deb -x fdisk_2.38.1-5+deb12u3_*.deb .
sfdisk=$room/sbin/sfdisk
[ -x "$sfdisk" ] || sfdisk=$room/usr/sbin/sfdisk

# says WANTED WHAT: what --verify says of the file disk; WANTED is a part of it.
says() {
    code=0
    LC_ALL=C "$sfdisk" --verify disk > out 2>&1 || code=$?
    word=$(grep -E 'No errors|error detected|greater than|unrecognized' out | tr '\n' ' ')
    printf '    %-41s exit %s: %s\n' "$2:" "$code" "$word"
    [ "$code" = 0 ] || { echo "changed: another exit code" >&2; exit 1; }
    grep -q "$1" out || { echo "changed: it does not say $1" >&2; cat out >&2; exit 1; }
}

# new LABEL: a file of 64 MiB with one partition of 20 MiB and one up to the end.
new() {
    rm -f disk
    truncate -s 64M disk
    printf 'label: %s\n,20M,L\n,,L\n' "$1" | "$sfdisk" -q disk
}

echo "sfdisk 2.38.1, --verify:"
new gpt
says 'No errors detected' "a good GPT"
truncate -s 128M disk
says '1 error detected' "the disk has grown, backup in the middle"
new gpt
truncate -s 32M disk
says 'No errors detected' "half of the disk is missing (GPT)"
new gpt
dd if=/dev/zero of=disk bs=512 seek=1 count=1 conv=notrunc status=none
says 'No errors detected' "the primary header is gone"
new dos
truncate -s 32M disk
says 'greater than the maximum' "half of the disk is missing (DOS)"
rm disk
truncate -s 64M disk
says 'unrecognized partition table type' "no partition table"

#!/bin/sh
# Last words in the root file system ($1), before it is packed.
set -eu
root=$1
rm -f "$root"/etc/ssh/ssh_host_*
chroot "$root" ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
mkdir -p "$root/run/sshd"
chroot "$root" sshd -t
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
echo metalctl-ramdisk > "$root/etc/hostname"
# One initrd, made once: dpkg's own runs were diverted (see the builder).
chroot "$root" update-initramfs -c -k all
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/debconf/*-old "$root"/var/log/*.log \
    "$root"/var/log/apt

#!/bin/sh
# Last words in the root file system ($1), before it becomes a disk.
set -eu
root=$1
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/0000*
rm -f "$root"/etc/apt/apt.conf.d/99mmdebstrap
: > "$root/etc/machine-id"
echo localhost > "$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' > "$root/etc/hosts"
chroot "$root" update-initramfs -c -k all
# The kernel's postinst left these out, as there was no initrd then. grub.cfg boots by them; later kernels move them on.
for version in "$root"/lib/modules/*; do
    version=${version##*/}
    ln -sfn "boot/vmlinuz-$version" "$root/vmlinuz"
    ln -sfn "boot/initrd.img-$version" "$root/initrd.img"
done

# GRUB for BIOS: the builder puts boot.img and core.img in their places. The prefix names no disk: the one booted from.
mkdir -p "$root/boot/grub/i386-pc"
cp "$root"/usr/lib/grub/i386-pc/*.mod "$root"/usr/lib/grub/i386-pc/*.lst "$root"/usr/lib/grub/i386-pc/boot.img \
    "$root/boot/grub/i386-pc/"
chroot "$root" grub-mkimage -O i386-pc -o /boot/grub/i386-pc/core.img -p '(,gpt4)/boot/grub' biosdisk part_gpt ext2

rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/debconf/*-old "$root"/var/log/*.log \
    "$root"/var/log/apt

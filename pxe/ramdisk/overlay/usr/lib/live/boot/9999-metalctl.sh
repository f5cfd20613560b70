# shellcheck shell=sh disable=SC2034
# live-boot's own network functions sleep eight seconds, settle udev three times and give a link five seconds. These take the
# NIC of BOOTIF (else every NIC with a link), wait for what they need and for no longer, and give a slow switch two minutes.

metalctl_nics ()
{
	Device_from_bootif
	if [ -n "${DEVICE}" ]; then echo "${DEVICE}"; return; fi
	[ -z "${BOOTIF}" ] || return 0
	for nic in /sys/class/net/*; do
		[ ! -e "${nic}/device" ] || echo "${nic##*/}"
	done
}

Select_eth_device ()
{
	modprobe -q af_packet
	BOOTIF=$(echo "${BOOTIF}" | tr A-F a-f)
	tries=0
	while [ "${tries}" -lt 600 ]; do
		up=""
		for nic in $(metalctl_nics); do
			ip link set "${nic}" up
			if [ "$(cat "/sys/class/net/${nic}/carrier" 2>/dev/null)" = 1 ]; then up="${up} ${nic}"; fi
		done
		[ -z "${up}" ] || break
		[ $((tries % 50)) -ne 49 ] || echo "metalctl: no link yet on ${BOOTIF:-any NIC}"
		sleep 0.2
		tries=$((tries + 1))
	done
	echo "DEVICE='${up# }'" >> /conf/param.conf
}

do_netsetup ()
{
	for turn in 1 2 3 4 5 6 7 8; do
		for nic in ${DEVICE}; do
			ipconfig -t 15 -c dhcp "${nic}"
			if [ -e "/run/net-${nic}.conf" ]; then . "/run/net-${nic}.conf"; fi
			if [ -n "${IPV4ADDR}" ] && [ "${IPV4ADDR}" != "0.0.0.0" ]; then
				DEVICE="${nic}"
				return 0
			fi
		done
		echo "metalctl: no DHCP answer on ${DEVICE:-any NIC} (${turn})"
	done
	panic "No address by DHCP on ${DEVICE:-any NIC}: is the boot network's DHCP server up?"
}

Netbase ()
{
	for server in ${IPV4DNS0} ${IPV4DNS1}; do
		[ "${server}" = 0.0.0.0 ] || echo "nameserver ${server}"
	done > /root/etc/resolv.conf
}

"""The group tree that kolla-ansible's playbooks address, as a table of our own.

One line a service: its group, the groups whose hosts it runs on, then its parts (`api` of `nova` is the group
`nova-api`, running where `nova` does). Parts that run elsewhere have a line of their own. The names are those of
kolla-ansible's master of August 2026; a site on another release gives its own `multinode` file, whose groups are
then taken instead (`read_groups`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from metalctl.handover.errors import HandoverError
from metalctl.model.errors import why_unreadable

# The groups that hold hosts, and the roles whose nodes they hold.
HOST_GROUPS = {
    "control": ("controller",),
    "network": ("controller",),
    "compute": ("compute",),
    "monitoring": ("controller",),
    "storage": ("storage",),
}

_TABLE = """
baremetal               control,network,compute,storage,monitoring
common                  control,network,compute,storage,monitoring
cron                    common
fluentd                 common
kolla_logs              common
kolla_toolbox           common
tls-backend             control,network
loadbalancer            network
letsencrypt             loadbalancer            webserver lego
hacluster               control
hacluster-remote        compute
etcd                    control
mariadb                 control
memcached               control
rabbitmq                control
valkey                  control
opensearch              control                 dashboards
grafana                 monitoring
collectd                compute
prometheus              monitoring
prometheus-node-exporter                monitoring,control,compute,network,storage
prometheus-cadvisor                     monitoring,control,compute,network,storage
prometheus-alertmanager                 monitoring
prometheus-blackbox-exporter            monitoring
prometheus-openstack-exporter           monitoring
prometheus-libvirt-exporter             compute
prometheus-openstack-network-exporter   compute,network
prometheus-mysqld-exporter              mariadb
prometheus-memcached-exporter           memcached
prometheus-elasticsearch-exporter       opensearch
prometheus-valkey-exporter              valkey
keystone                control
horizon                 control
glance                  control                 api
placement               control                 api
skyline                 control                 apiserver console
nova                    control                 api conductor metadata super-conductor novncproxy scheduler \
spicehtml5proxy serialproxy compute-ironic
openvswitch             network,compute,manila-share
ovn-controller          ovn-controller-compute,ovn-controller-network
ovn-controller-compute  compute
ovn-controller-network  network
ovn-database            control
ovn-northd              ovn-database
ovn-nb-db               ovn-database
ovn-sb-db               ovn-database
ovn-sb-db-relay         ovn-database
neutron                 network                 bgp-dragent dhcp-agent l3-agent metadata-agent metering-agent \
ovn-vpn-agent
ironic-neutron-agent    neutron
neutron-server          control
neutron-rpc-server      control
neutron-periodic-worker control
neutron-ovn-maintenance-worker          control
neutron-ovn-agent       compute,network
neutron-ovn-metadata-agent              compute,network
cinder                  control                 api backup scheduler volume
cinder-backup-lvm       storage
cinder-volume-lvm       storage
cinder-backup-multiple  cinder,storage
cinder-volume-multiple  cinder,storage
iscsid                  compute,storage,ironic
multipathd              compute,storage
tgtd                    storage
manila                  control                 api scheduler data
manila-share            network
heat                    control                 api api-cfn engine
ironic                  control                 api conductor dnsmasq tftp http
bifrost                 deployment
barbican                control                 api keystone-listener worker
designate               control                 api central producer worker sink backend-bind9
designate-mdns          network
octavia                 control                 api driver-agent health-manager housekeeping worker
magnum                  control                 api conductor
mistral                 control                 api executor engine event-engine
trove                   control                 api conductor taskmanager
tacker                  control                 server conductor
watcher                 control                 api engine applier
blazar                  control                 api manager
cloudkitty              control                 api processor
cyborg                  control                 api conductor
cyborg-agent            compute
aodh                    control                 api evaluator listener notifier
gnocchi                 control                 api statsd metricd
ceilometer              control                 central notification
ceilometer-compute      compute
ceilometer-ipmi         compute
masakari-api            control
masakari-engine         control
masakari-hostmonitor    control
masakari-instancemonitor                compute
"""


def own_groups() -> dict[str, list[str]]:
    """Group → the groups that are its children, of our table."""
    groups: dict[str, list[str]] = {}
    for line in filter(None, _TABLE.splitlines()):
        name, where, *parts = line.split()
        groups[name] = where.split(",")
        groups |= {f"{name}-{part}": [name] for part in parts}
    return groups


def read_groups(path: Path) -> dict[str, list[str]]:
    """Group → children, of the `multinode` file of a kolla-ansible; its hosts are not taken. Raises HandoverError."""
    groups: dict[str, list[str]] = {}
    current: list[str] | None = None
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise HandoverError(f"{path}: {why_unreadable(error)}", hint="name kolla-ansible's multinode file") from error
    for line in filter(None, map(str.strip, lines)):
        if header := re.fullmatch(r"\[([\w.-]+)(:\w+)?\]", line):
            current = groups.setdefault(header[1], []) if header[2] == ":children" else None
        elif current is not None and not line.startswith(("#", ";")):
            current.append(line.split()[0])
    if not set(HOST_GROUPS) <= {child for children in groups.values() for child in children}:
        raise HandoverError(f"{path} is not a multinode inventory of kolla-ansible", hint="is it the right file?")
    return groups


def render(groups: dict[str, list[str]], hosts: dict[str, Iterable[str]]) -> str:
    """The inventory as INI: groups with hosts, the deployment host, then the tree."""
    parts = [f"[{name}]\n{_lines(hosts.get(name, ()))}" for name in HOST_GROUPS]
    parts.append("[deployment]\nlocalhost ansible_connection=local\n")
    parts += [f"[{name}:children]\n{_lines(children)}" for name, children in groups.items()]
    return "\n".join(parts)


def _lines(names: Iterable[str]) -> str:
    return "".join(f"{name}\n" for name in names)

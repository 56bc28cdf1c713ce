#!/bin/sh
# Run a command in namespaces of its own, as root: network, processes, mounts. When it ends, the kernel ends
# every process that it started, and removes the network namespaces. /srv is an empty file system in memory.
set -eu

stop() {
    echo "make cluster: $1" >&2
    exit 1
}

missing=
for file in /usr/bin/etcd:etcd-server /usr/sbin/haproxy:haproxy /usr/sbin/iptables:iptables /usr/sbin/ip:iproute2 \
    /usr/lib/postgresql:postgresql /usr/lib/x86_64-linux-gnu/faketime:libfaketime; do
    [ -e "${file%:*}" ] || missing="$missing ${file#*:}"
done
[ -z "$missing" ] || stop "missing packages: apt-get install --no-install-recommends$missing"
[ -x /opt/patroni/bin/patroni ] ||
    stop "missing Patroni: python3 -m venv /opt/patroni && /opt/patroni/bin/pip install -r deploy/cluster/requirements.txt"
unshare --net --mount --pid --fork sh -c '
    mount -t tmpfs tmpfs /srv && ip link add bridge type bridge && ip link add left type veth peer name right &&
    iptables --append INPUT --source 192.0.2.1 --jump DROP
' 2>/dev/null || stop "namespaces, bridges or iptables are not permitted here: run it as root of a machine or virtual machine"

exec unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '
    mkdir -p /run/netns
    mount -t tmpfs tmpfs /run/netns
    mount -t tmpfs tmpfs /srv
    "$@"
    exit $?  # no exec: process 1 must be a shell, which collects orphans that have ended
' sh "$@"

#!/bin/sh
# Run a command in namespaces of its own, as root: network, processes, mounts. When it ends, the kernel ends
# every process that it started, and removes the network namespaces. /srv is an empty file system in memory.
set -eu
exec unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '
    mkdir -p /run/netns
    mount -t tmpfs tmpfs /run/netns
    mount -t tmpfs tmpfs /srv
    "$@"
    exit $?  # no exec: process 1 must be a shell, which collects orphans that have ended
' sh "$@"

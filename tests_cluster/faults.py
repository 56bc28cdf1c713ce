"""Faults of a cluster, and their repairs."""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.support.servers import wait_for
from tests_cluster.machines import START_TIMEOUT_SECONDS, Cluster, Machine

FAST_CLOCK_SECONDS = 300


def do_nothing(_cluster: Cluster, _machine: Machine) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True)
class Fault:
    """Fault of one machine, chosen by the role of its database."""

    description: str
    role: str
    inject: Callable[[Cluster, Machine], None]
    repair: Callable[[Cluster, Machine], None] = do_nothing
    is_persistent: bool = True
    """The fault remains until `repair`, and the cluster must recover while it remains."""
    is_gradual: bool = False
    """The fault has steps, each of which waits for the recovery from the one before."""


def restart_machines(cluster: Cluster, primary: Machine) -> None:
    """Stop and start service and database of every machine, the primary last."""
    for machine in (*cluster.others(primary), primary):
        machine.stop_service()
        machine.stop_patroni()
        machine.start_patroni()
        machine.start_service()
        cluster.wait_until_healthy()


def power_off(_cluster: Cluster, machine: Machine) -> None:
    """Cut the power of a machine."""
    machine.power_off()


def power_on(_cluster: Cluster, machine: Machine) -> None:
    """Switch a machine on again."""
    machine.boot()


def partition_network(cluster: Cluster, machine: Machine) -> None:
    """Cut a machine off from the other two; the load balancer reaches all of them."""
    machine.drop_packets_of(*cluster.others(machine))


def heal_partition(_cluster: Cluster, machine: Machine) -> None:
    """Undo `partition_network`."""
    machine.accept_packets()


def freeze_database(_cluster: Cluster, machine: Machine) -> None:
    """Freeze PostgreSQL; its connections stay open."""
    machine.send(signal.SIGSTOP, "postgres")


def thaw_database(_cluster: Cluster, machine: Machine) -> None:
    """Undo `freeze_database`."""
    machine.send(signal.SIGCONT, "postgres")


def replace_disk(cluster: Cluster, machine: Machine) -> None:
    """Kill PostgreSQL and delete its data; Patroni copies them from the primary."""
    machine.send(signal.SIGKILL, "postgres")
    with suppress(FileNotFoundError):
        machine.wipe_database()
    wait_for(lambda: not cluster.has_healthy_database(), START_TIMEOUT_SECONDS)
    cluster.wait_until_healthy()


def restart_with_wrong_clock(cluster: Cluster, machine: Machine) -> None:
    """Restart the service of a machine, with a clock that is five minutes fast."""
    machine.set_clock(FAST_CLOCK_SECONDS)
    _restart(cluster, machine)


def restart_with_right_clock(cluster: Cluster, machine: Machine) -> None:
    """Undo `restart_with_wrong_clock`."""
    machine.correct_clock()
    _restart(cluster, machine)


def _restart(cluster: Cluster, machine: Machine) -> None:
    machine.stop_service()
    machine.start_service()
    cluster.wait_until_healthy()


FAULTS = {
    "wrong-clock": Fault(
        "the clock of a service is 5 minutes fast",
        "replica",
        restart_with_wrong_clock,
        restart_with_right_clock,
    ),
    "lost-primary": Fault(
        "power cut of the machine with the primary", "leader", power_off, power_on
    ),
    "split": Fault(
        "network split: the primary alone, reachable for clients",
        "leader",
        partition_network,
        heal_partition,
    ),
    "rolling-upgrade": Fault(
        "all machines are restarted one by one",
        "leader",
        restart_machines,
        is_persistent=False,
        is_gradual=True,
    ),
    "lost-standby": Fault(
        "power cut of the machine with the synchronous standby",
        "sync_standby",
        power_off,
        power_on,
    ),
    "lost-replica": Fault(
        "power cut of the machine with the other standby", "replica", power_off, power_on
    ),
    "frozen-standby": Fault(
        "the synchronous standby freezes", "sync_standby", freeze_database, thaw_database
    ),
    "lost-disk": Fault(
        "the data of the synchronous standby are lost",
        "sync_standby",
        replace_disk,
        is_persistent=False,
    ),
}
QUICK_FAULTS = ("lost-primary",)

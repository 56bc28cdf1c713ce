"""Machines of the cluster: each with the service, PostgreSQL under Patroni, and etcd."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psycopg

from tests.support.paths import ROOT
from tests.support.servers import ZARYA_COMMAND, is_up, wait_for
from tests_cluster.hosts import NETWORK, Host, create_network, run

PASSWORD = "of-the-cluster"  # noqa: S105 - of databases that live as long as the tests
DEPLOY = ROOT / "deploy" / "cluster"
LOGS = ROOT / "var" / "cluster"
PATRONI_COMMAND = "/opt/patroni/bin/patroni"
NUMBERS = {"one": 11, "two": 12, "three": 13}
"""Last part of the address, by name."""

LOAD_BALANCER_NUMBER = 10
ORIGIN = f"http://{NETWORK}.{LOAD_BALANCER_NUMBER}"
"""Address of the service behind the load balancer."""

DATABASE_URL = f"postgresql://postgres:{PASSWORD}@/zarya?" + "&".join(
    f"host={NETWORK}.{number}:5432" for number in NUMBERS.values()
)
START_TIMEOUT_SECONDS = 300.0
_POLL_INTERVAL_SECONDS = 0.5
"""Long enough to leave the processor to the cluster."""

MAX_LAG_BYTES = 2**20
"""Lag of a standby that follows the primary."""

FAKETIME_LIBRARY = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


def connect() -> psycopg.Connection:
    """Open a connection to the primary database."""
    return psycopg.connect(
        host=",".join(f"{NETWORK}.{number}" for number in NUMBERS.values()),
        user="postgres",
        password=PASSWORD,
        dbname="zarya",
        connect_timeout=2,
        target_session_attrs="read-write",
    )


class Machine(Host):
    """Host with etcd, Patroni and the service."""

    def __init__(self, name: str) -> None:
        super().__init__(name, NUMBERS[name])
        self._clock: dict[str, str] = {}
        self._service: subprocess.Popen[bytes] | None = None
        self._patroni: subprocess.Popen[bytes] | None = None
        self.data = self.folder / "postgresql"
        shutil.chown(self.folder, "postgres", "postgres")

    def set_clock(self, seconds: int) -> None:
        """Put the clock of the service forward, from its next start on.

        Not that of Patroni, which hangs with libfaketime.
        """
        assert FAKETIME_LIBRARY.exists(), "not installed: apt-get install libfaketime"
        self._clock = {
            "LD_PRELOAD": str(FAKETIME_LIBRARY),
            "FAKETIME": f"{seconds:+}s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def correct_clock(self) -> None:
        """Set the clock of the service to the right time, from its next start on."""
        self._clock = {}

    def start_etcd(self) -> None:
        """Start etcd."""
        url = f"http://{self.address}"
        members = (f"{name}=http://{NETWORK}.{number}:2380" for name, number in NUMBERS.items())
        self.start(
            "etcd",
            f"--name={self.name}",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-peer-urls={url}:2380",
            f"--initial-advertise-peer-urls={url}:2380",
            f"--listen-client-urls={url}:2379",
            f"--advertise-client-urls={url}:2379",
            f"--initial-cluster={','.join(members)}",
            "--pre-vote",
        )

    def start_patroni(self) -> None:
        """Start Patroni, which starts PostgreSQL."""
        tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        settings = {
            "NAME": self.name,
            "RESTAPI_LISTEN": f"{self.address}:8008",
            "RESTAPI_CONNECT_ADDRESS": f"{self.address}:8008",
            "POSTGRESQL_LISTEN": f"{self.address}:5432",
            "POSTGRESQL_CONNECT_ADDRESS": f"{self.address}:5432",
            "POSTGRESQL_DATA_DIR": str(self.data),
            "POSTGRESQL_BIN_DIR": str(tools),
            "POSTGRESQL_PGPASS": str(self.folder / "pgpass"),
            "SUPERUSER_USERNAME": "postgres",
            "SUPERUSER_PASSWORD": PASSWORD,
            "REPLICATION_USERNAME": "replicator",
            "REPLICATION_PASSWORD": PASSWORD,
        }
        environment = {f"PATRONI_{name}": value for name, value in settings.items()}
        self._patroni = self.start(
            PATRONI_COMMAND,
            DEPLOY / "patroni.yml",
            user="postgres",
            environment=environment,
        )

    def start_service(self) -> None:
        """Start the service."""
        environment = {
            "ZARYA_DATABASE_URL": DATABASE_URL,
            "ZARYA_PUBLIC_URL": ORIGIN,
            "ZARYA_TRUSTED_PROXIES": f"{NETWORK}.{LOAD_BALANCER_NUMBER}",
            "ZARYA_PRIVATE_TARGETS": "true",
            "ZARYA_RATE_LIMIT": "0",
            "ZARYA_KEY_RATE_LIMIT": "0",
            "ZARYA_LOG_REQUESTS": "false",
        }
        command = (ZARYA_COMMAND, "serve", "--host", self.address)
        self._service = self.start(*command, environment=environment | self._clock)

    def boot(self) -> None:
        """Connect the host to the network and start everything."""
        self.connect()
        self.start_etcd()
        self.start_patroni()
        self.start_service()

    def stop_service(self) -> None:
        """Stop the service as systemd does, and wait for its end."""
        _stop(self._service)

    def stop_patroni(self) -> None:
        """Stop Patroni and PostgreSQL as systemd does, and wait for their end."""
        _stop(self._patroni)

    @property
    def is_ready(self) -> bool:
        """The service is ready."""
        return is_up(f"http://{self.address}:8000")

    def list_members(self) -> Sequence[dict[str, Any]]:
        """Members of the database cluster as Patroni lists them; empty if it does not answer."""
        with suppress(httpx.TransportError):
            answer = httpx.get(f"http://{self.address}:8008/cluster", timeout=2)
            members: list[dict[str, Any]] = answer.json().get("members", [])
            return members
        return []

    def wipe_database(self) -> None:
        """Delete the data of PostgreSQL, as if its disk were replaced."""
        shutil.rmtree(self.data)


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    assert process is not None
    process.send_signal(signal.SIGTERM)
    process.wait(60)


class Cluster:
    """Three machines, and a load balancer before them."""

    def __init__(self) -> None:
        create_network()
        self.machines = [Machine(name) for name in NUMBERS]
        self._load_balancer = Host("balancer", LOAD_BALANCER_NUMBER)

    def start(self) -> None:
        """Start everything over the embedded archive."""
        for machine in self.machines:
            machine.start_etcd()
            machine.start_patroni()
        wait_for(self.has_healthy_database, START_TIMEOUT_SECONDS, _POLL_INTERVAL_SECONDS)
        server = f"postgresql://postgres:{PASSWORD}@{self.primary.address}/postgres"
        run("psql", server, "--command", "CREATE DATABASE zarya")
        for step in ("migrate", "load"):
            self.run_command(step)
        for machine in self.machines:
            machine.start_service()
        configuration = DEPLOY / "haproxy.cfg"
        self._load_balancer.start("haproxy", "-db", "-C", DEPLOY, "-f", configuration)
        self.wait_until_healthy()

    def run_command(self, *arguments: str) -> str:
        """Run a command of the service; returns its output."""
        environment = os.environ | {"ZARYA_DATABASE_URL": DATABASE_URL}
        return subprocess.run(
            [ZARYA_COMMAND, *arguments],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=600,
        ).stdout

    def with_role(self, role: str) -> Machine:
        """The machine whose database has a role: `leader`, `sync_standby` or `replica`."""
        for machine in self.machines:
            for member in machine.list_members():
                if member["role"] == role:
                    return next(each for each in self.machines if each.name == member["name"])
        raise LookupError(role)

    @property
    def primary(self) -> Machine:
        """The machine with the primary database."""
        return self.with_role("leader")

    def others(self, machine: Machine) -> list[Machine]:
        """All machines but one."""
        return [each for each in self.machines if each is not machine]

    def has_healthy_database(self) -> bool:
        """One primary, one synchronous standby and one replica, without a lag."""
        members = next(filter(None, (each.list_members() for each in self.machines)), [])
        roles = sorted(member["role"] for member in members)
        return roles == ["leader", "replica", "sync_standby"] and all(
            member["state"] in {"running", "streaming"}
            and member.get("lag", 0) in range(MAX_LAG_BYTES)
            for member in members
        )

    def stop(self) -> None:
        """End all processes, and keep their output in `var/cluster/`."""
        LOGS.mkdir(parents=True, exist_ok=True)
        for host in (*self.machines, self._load_balancer):
            host.power_off()
            if (host.folder / "log").exists():
                shutil.copy(host.folder / "log", LOGS / f"{host.name}.log")

    def is_healthy(self) -> bool:
        """All databases and services work, also through the load balancer."""
        return (
            is_up(ORIGIN)
            and self.has_healthy_database()
            and all(each.is_ready for each in self.machines)
        )

    def wait_until_healthy(self) -> None:
        """Wait until all databases and services work."""
        wait_for(self.is_healthy, START_TIMEOUT_SECONDS, _POLL_INTERVAL_SECONDS)

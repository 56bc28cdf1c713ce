"""Hosts of a local network: network namespaces, connected by a bridge.

They belong to the namespaces of `isolate.sh`, and so end with the tests. Addresses are those of
192.0.2.0/24, which documentation uses, so that the files in `deploy/cluster/` are run unchanged.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

BRIDGE = "lan"
NETWORK = "192.0.2"
TEST_ADDRESS = f"{NETWORK}.1"
"""Address of the test process."""

STORAGE = Path("/srv")


def run(*command: object) -> str:
    """Run a command to completion; returns its output."""
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, f"{' '.join(words)}: {result.stderr}"
    return result.stdout


def create_network() -> None:
    """Create the bridge that connects the hosts with each other and with the test process."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "addr", "add", f"{TEST_ADDRESS}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")


class Host:
    """Host with an address, a folder, and its processes."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.address = f"{NETWORK}.{number}"
        self.folder = STORAGE / name
        self.folder.mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._link = f"link-{name}"
        run("ip", "netns", "add", name)
        peer = ("type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "add", self._link, *peer)
        run("ip", "link", "set", self._link, "master", BRIDGE, "up")
        run("ip", "-n", name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            run("ip", "-n", name, "link", "set", device, "up")

    def start(
        self, *command: object, user: str = "root", environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process on this host, with its output in the file `log` of its folder."""
        identity = ("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups")
        words = ["ip", "netns", "exec", self.name, *identity, *map(str, command)]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                words,
                env=os.environ | dict(environment or {}),
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def process_ids(self) -> Sequence[int]:
        """Ids of all processes on this host."""
        return [int(line) for line in run("ip", "netns", "pids", self.name).split()]

    def send(self, number: signal.Signals, title: str = "") -> None:
        """Send a signal to all processes whose command line contains `title`."""
        for pid in self.process_ids():
            with suppress(ProcessLookupError, FileNotFoundError):
                if title in Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(pid, number)

    def power_off(self) -> None:
        """Cut the power: no packet leaves the host, and all of its processes end."""
        self.disconnect()
        self.send(signal.SIGKILL)
        for process in self._processes:
            process.wait(30)
        self._processes.clear()

    def disconnect(self) -> None:
        """Take the host off the network."""
        run("ip", "link", "set", self._link, "down")

    def connect(self) -> None:
        """Put the host on the network again."""
        run("ip", "link", "set", self._link, "up")

    def drop_packets_of(self, *others: "Host") -> None:
        """Drop all packets from and to `others`, without an error for anyone."""
        for other in others:
            for chain, end in (("INPUT", "--source"), ("OUTPUT", "--destination")):
                self._iptables("-A", chain, end, other.address, "-j", "DROP")

    def accept_packets(self) -> None:
        """Undo `drop_packets_of`."""
        self._iptables("-F")

    def _iptables(self, *arguments: str) -> None:
        run("ip", "netns", "exec", self.name, "iptables", *arguments)

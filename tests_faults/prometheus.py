"""A real Prometheus with the rules of `deploy/alerts.yml`, for one service."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests.support.paths import ROOT
from tests.support.servers import free_port, is_listening, wait_for

RULES = ROOT / "deploy" / "alerts.yml"


def shorten_rules(rules: str) -> str:
    """Rules that fire after seconds: no `for`, rates over 6 s, and lags of minutes are seconds."""
    shorter = re.sub(r"\n +for: \w+", "", rules).replace("[5m]", "[6s]")
    return re.sub(r"(_lag_seconds > )(300|3600)\b", r"\g<1>3", shorter)


class Prometheus:
    """Access to the HTTP API of a running Prometheus."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def _get(self, path: str, **query: str) -> dict[str, list[dict[str, dict[str, str]]]]:
        response = httpx.get(f"{self._origin}/api/v1/{path}", params=query)
        assert response.status_code == 200, response.text
        answer: dict[str, list[dict[str, dict[str, str]]]] = response.json()["data"]
        return answer

    def firing(self) -> set[str]:
        """Names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"]}

    def has_samples(self, expression: str) -> bool:
        """Test if `expression` has a value now; fails if it is not valid."""
        return bool(self._get("query", query=expression)["result"])


@contextmanager
def run_prometheus(service: str, folder: Path) -> Iterator[Prometheus]:
    """Run Debian's Prometheus with the shortened rules; it scrapes `service` each second."""
    executable = shutil.which("prometheus")
    assert executable, "Prometheus is not installed: apt-get install prometheus"
    (folder / "alerts.yml").write_text(shorten_rules(RULES.read_text()))
    target = service.removeprefix("http://")
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["alerts.yml"],
        "scrape_configs": [{"job_name": "zarya", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    port = free_port()
    command = [
        executable,
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--query.lookback-delta=5s",
    ]
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(lambda: is_listening(port) or process.poll() is not None, 30)
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            prometheus = Prometheus(f"http://127.0.0.1:{port}")
            wait_for(lambda: prometheus.has_samples('up{job="zarya"} == 1'), 30)
            yield prometheus
        finally:
            process.terminate()
            process.wait(30)

"""The alerts of `deploy/alerts.yml`, over recorded samples and in a real Prometheus."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import psycopg
import pytest

from app.domain.dates import now
from app.resources.write_steps import build_database
from tests.support import factories
from tests.support.horizons import set_horizon
from tests.support.paths import ROOT
from tests.support.servers import run_server_process, wait_for
from tests_faults.load import Tally, deadline, run_readers
from tests_faults.postgres import database_url, run_server
from tests_faults.prometheus import Prometheus, run_prometheus
from tests_faults.services import migrate_with_key

NOT_SAMPLED = {
    "zarya_imported_total",  # no import
    "zarya_loop_blocked_seconds_sum",  # perhaps
    "node_filesystem_avail_bytes",  # of the node exporter, see deploy/install-test.sh
}
DASHBOARD = json.loads((ROOT / "deploy" / "dashboard.json").read_text())


def test_rules_over_recorded_samples() -> None:
    """A quiet day without an alert, and a day with each of them."""
    promtool = shutil.which("promtool")
    assert promtool, "promtool is not installed: apt-get install prometheus"
    command = [promtool, "test", "rules", "deploy/alerts_test.yml"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def wait_for_alert(prometheus: Prometheus, *names: str) -> None:
    with suppress(AssertionError):
        wait_for(lambda: prometheus.firing() >= set(names), 30)
    assert prometheus.firing() >= set(names)


def overload(origin: str) -> Tally:
    """Send more concurrent requests than may wait, for some seconds."""
    tally = Tally()
    paths = [f"/v1/people?q=nobody{number}" for number in range(20_000)]
    asyncio.run(run_readers(origin, 40, deadline(4), tally, paths))
    return tally


def panels_without_samples(prometheus: Prometheus) -> Iterator[str]:
    """The metrics of those panels of the dashboard that would be empty."""
    for panel in DASHBOARD["panels"]:
        for expression in (target["expr"] for target in panel["targets"]):
            if not prometheus.has_samples(expression):
                yield from re.findall(r"(?:zarya|node)_\w+", expression)[:1]


@pytest.mark.timeout(180)
def test_each_alert_fires_in_its_fault(tmp_path: Path) -> None:
    """Positive control: none fires before the faults, and that of an outage ends with it."""
    backup = tmp_path / "a.backup"
    backup.touch()
    with run_server() as server:
        url = database_url(server)
        key = migrate_with_key(url)
        with (
            closing(build_database(url)) as database,
            run_server_process(
                url, log_requests=False, max_waiting=1, read_threads=1, backups=tmp_path
            ) as (origin, process),
            run_prometheus(origin, tmp_path) as prometheus,
        ):
            wait_for(lambda: prometheus.has_samples("zarya_backup_age_seconds"), 30)
            assert prometheus.firing() == set()

            two_days_ago = now() - timedelta(days=2)
            os.utime(backup, (two_days_ago.timestamp(),) * 2)
            wait_for_alert(prometheus, "ZaryaBackupMissing")

            with database.session() as session:
                later = now() + timedelta(days=1)
                session.add(factories.source(last_error="404", next_at=later))
            wait_for_alert(prometheus, "ZaryaSourceFailing")

            assert overload(origin).statuses[503] > 0
            wait_for_alert(prometheus, "ZaryaOverload")

            webhook = {"target_url": "http://127.0.0.1:1/", "types": ["person"]}
            headers = {"Authorization": f"Bearer {key}"}
            created = httpx.post(f"{origin}/v1/webhooks", json=webhook, headers=headers)
            assert created.status_code == 201, created.text
            with psycopg.connect(url, autocommit=False) as holder:
                holder.execute("SELECT pg_current_xact_id()")  # the feed waits for its end
                set_horizon(database, two_days_ago)
                with database.session() as session:
                    session.add(factories.person())
                wait_for_alert(
                    prometheus,
                    "ZaryaFactsOutdated",
                    "ZaryaChangeFeedStalled",
                    "ZaryaWebhooksStalled",
                )

            assert set(panels_without_samples(prometheus)) <= NOT_SAMPLED

            server.stop()
            wait_for_alert(prometheus, "ZaryaDatabaseOutage")
            asyncio.run(run_readers(origin, 2, deadline(3), Tally(), ["/v1/people?q=x"]))
            wait_for_alert(prometheus, "ZaryaServerErrors")
            server.start()
            wait_for(lambda: "ZaryaDatabaseOutage" not in prometheus.firing(), 30)

            process.kill()
            wait_for_alert(prometheus, "ZaryaDown")

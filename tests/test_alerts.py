"""`deploy/alerts.yml` and `deploy/dashboard.json`: existing metrics, and documented alerts."""

import json
import re
from collections.abc import Iterator

from prometheus_client import REGISTRY

from app.http import metrics
from tests.support.paths import ROOT

FOREIGN_METRICS = {
    "up",
    "node_filesystem_avail_bytes",
    "node_filesystem_readonly",
    "node_filesystem_size_bytes",
}
"""Metrics of Prometheus and its node exporter."""

RULES = (ROOT / "deploy" / "alerts.yml").read_text()
EXPRESSIONS = re.findall(r"^ +expr: (.+)$", RULES, re.M)
DASHBOARD = json.loads((ROOT / "deploy" / "dashboard.json").read_text())


def metrics_of(expression: str) -> set[str]:
    """Names of the metrics in an expression of PromQL."""
    return set(re.findall(r"\bup\b|\b(?:zarya|node)_\w+", re.sub(r'"[^"]*"', "", expression)))


def known_metrics() -> Iterator[str]:
    """Names of all samples that the service can have."""
    assert metrics.render_metrics()
    for metric in REGISTRY.collect():
        suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}
        for suffix in suffixes.get(metric.type, ("",)):
            yield metric.name + suffix


def test_alerts_and_panels_read_existing_metrics() -> None:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    used = set().union(*map(metrics_of, EXPRESSIONS + panels))
    assert used - set(known_metrics()) == FOREIGN_METRICS
    # Positive control: another name is found.
    assert metrics_of('sum(rate(zarya_no_such_total{a="zarya_b"}[5m]))') == {"zarya_no_such_total"}
    assert "zarya_no_such_total" not in set(known_metrics())


def test_each_alert_is_documented() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES)
    documented = re.findall(r"^\| `(Zarya\w+)` \|", (ROOT / "docs/operations.md").read_text(), re.M)
    assert len(alerts) == len(EXPRESSIONS) == len(set(alerts))
    assert alerts == documented

"""Whether rules and dashboards speak of metrics that exist, and of recordings that are made."""

import json
import re
from pathlib import Path

import yaml

from objects import Problem

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "k8s/components/monitoring"
# Prometheus makes these itself.
MADE_BY_PROMETHEUS = {"up", "ALERTS"}
WORDS = {"and", "or", "unless", "offset", "by", "without", "on", "ignoring", "bool"}
# Series of a histogram.
SUFFIXES = ("_bucket", "_sum", "_count")


def metrics_of(expression: str) -> set[str]:
    """The names of the series that an expression reads."""
    rest = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', " ", expression)
    rest = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)|\b[\d.]+(e\d+|[smhdw])?\b", " ", rest)
    names = re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*(?!\s*\(|[a-zA-Z0-9_:])", rest)
    return set(names) - WORDS


def groups() -> list[dict]:
    return yaml.safe_load((MONITORING / "rules.yaml").read_text())["groups"]


def expressions() -> list[tuple[str, str]]:
    """Where each expression stands, and the expression."""
    found = [(rule.get("alert") or rule["record"], rule["expr"]) for group in groups() for rule in group["rules"]]
    for file in sorted((MONITORING / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            found += [(f"{file.name}: {panel['title']}", target["expr"]) for target in panel["targets"]]
    return found


def exists(metric: str, sources: str, recorded: set[str]) -> bool:
    if metric in MADE_BY_PROMETHEUS or metric in recorded:
        return True
    names = [metric, *(metric.removesuffix(suffix) for suffix in SUFFIXES)]
    return any(f'"{name}"' in sources for name in names)


def problems() -> list[Problem]:
    sources = "".join(file.read_text() for file in ROOT.glob("*/src/**/*.rs") if file.parts[-3] != "xtask")
    recorded = {rule["record"] for group in groups() for rule in group["rules"] if "record" in rule}
    found = [
        f"{place}: no service has a metric {metric}"
        for place, expression in expressions()
        for metric in sorted(metrics_of(expression))
        if not exists(metric, sources, recorded)
    ]
    alerts = [rule for group in groups() for rule in group["rules"] if "alert" in rule]
    tested = (MONITORING / "rules_test.yaml").read_text()
    runbook = (ROOT / "docs/runbook.md").read_text()
    found += [f"{alert['alert']}: no test sees it fire" for alert in alerts if alert["alert"] not in tested]
    found += [
        f"{alert['alert']}: the runbook doesn't say what to do" for alert in alerts if alert["alert"] not in runbook
    ]
    operators = yaml.safe_load((MONITORING / "prometheus-rule.yaml").read_text())["spec"]["groups"]
    if operators != groups():
        found.append("prometheus-rule.yaml: holds other groups than rules.yaml")
    return found

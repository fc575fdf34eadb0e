"""Whether rules and dashboards speak of metrics that exist, and of recordings that are made.

`watching.py FOLDER` asks instead whether the files in FOLDER, which are what running services told Prometheus, hold them.
"""

import json
import re
import sys
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


def recorded() -> set[str]:
    return {rule["record"] for group in groups() for rule in group["rules"] if "record" in rule}


def read_from_services() -> list[tuple[str, str]]:
    """Where a series is read that services must have, and its name."""
    others = MADE_BY_PROMETHEUS | recorded()
    return [
        (place, metric) for place, expression in expressions() for metric in sorted(metrics_of(expression) - others)
    ]


def is_in_sources(metric: str, sources: str) -> bool:
    names = [metric, *(metric.removesuffix(suffix) for suffix in SUFFIXES)]
    return any(f'"{name}"' in sources for name in names)


def not_told(folder: Path) -> list[str]:
    """What is read, but isn't in what services told."""
    told = {
        re.split(r"[ {]", line, maxsplit=1)[0]
        for file in folder.iterdir()
        for line in file.read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert told, f"{folder} holds no metrics"
    return [f"{place}: no service told of {metric}" for place, metric in read_from_services() if metric not in told]


def problems() -> list[Problem]:
    sources = "".join(file.read_text() for file in ROOT.glob("*/src/**/*.rs") if file.parts[-3] != "xtask")
    found = [
        f"{place}: no service has a metric {metric}"
        for place, metric in read_from_services()
        if not is_in_sources(metric, sources)
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


if __name__ == "__main__":
    sys.exit("\n".join(not_told(Path(sys.argv[1]))) or None)

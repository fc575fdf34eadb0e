"""Kubernetes objects as dictionaries, and the few questions that all checks ask of them."""

from collections.abc import Iterator

Object = dict
Problem = str


def name_of(obj: Object) -> str:
    return f"{obj['kind']}/{obj['metadata']['name']}"


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [obj for obj in objects if obj["kind"] in kinds]


def pod_template(obj: Object) -> Object | None:
    """What a workload makes its pods from; None for what isn't a workload."""
    match obj["kind"]:
        case "Deployment" | "StatefulSet" | "Job":
            return obj["spec"]["template"]
        case "CronJob":
            return obj["spec"]["jobTemplate"]["spec"]["template"]
    return None


def workloads(objects: list[Object]) -> Iterator[tuple[Object, Object]]:
    """Each workload with its pod template."""
    for obj in objects:
        template = pod_template(obj)
        if template is not None:
            yield obj, template


def containers(template: Object) -> list[Object]:
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def is_ours(container: Object) -> bool:
    """Whether it runs one of the platform's programs, and not a stand-in for an operator's Kafka or Postgres."""
    return "voting/" in container["image"]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector takes what has these labels."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for wish in selector.get("matchExpressions", []):
        assert wish["operator"] == "In", "no other operator is used here"
        if labels.get(wish["key"]) not in wish["values"]:
            return False
    return True

"""Whether docs/asyncapi.yaml says of the topics what is so: their settings, and records like its examples."""

import json
from pathlib import Path

import jsonschema
import yaml

from objects import Object, Problem, of_kind

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/asyncapi.yaml"


def read() -> Object:
    return yaml.safe_load(DOCUMENT.read_text())


def problems(objects: list[Object]) -> list[Problem]:
    return [f"docs/asyncapi.yaml: {problem}" for problem in problems_of(read(), objects)]


def problems_of(document: Object, objects: list[Object]) -> list[Problem]:
    found = []
    made = {topic["metadata"]["name"]: topic["spec"] for topic in of_kind(objects, "KafkaTopic")}
    for channel in document["channels"].values():
        kafka, topic = channel["bindings"]["kafka"], made[channel["address"]]
        said = (kafka["partitions"], kafka["replicas"], kafka["topicConfiguration"]["retention.ms"])
        if said != (topic["partitions"], topic["replicas"], topic["config"]["retention.ms"]):
            found.append(f"{channel['address']}: partitions, replicas or retention.ms differ from what is made")
    for name, message in document["components"]["messages"].items():
        validator = jsonschema.Draft202012Validator(payload(message))
        for example in message["examples"]:
            found += [f"{name}: {error.message}" for error in validator.iter_errors(example["payload"])]
    return found


def payload(message: Object) -> Object:
    """The schema of its value, read from the file that it names if it names one."""
    schema = message["payload"]
    if "schema" not in schema:
        return schema
    return json.loads((DOCUMENT.parent / schema["schema"]["$ref"]).read_text())

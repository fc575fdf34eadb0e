"""Whether Kubernetes and the operators take objects as they are: fields that nobody knows are errors."""

import json
import subprocess
from functools import cache
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

from objects import Object, Problem, name_of

KUBERNETES = "1.37"
# Go modules that hold the definitions, and where in them.
MODULES = {
    "github.com/kedacore/keda/v2@v2.21.0": "config/crd/bases",
    "github.com/cloudnative-pg/cloudnative-pg@v1.30.1": "config/crd/bases",
    "sigs.k8s.io/gateway-api@v1.7.0": "config/crd/standard",
    "github.com/prometheus-operator/prometheus-operator@v0.93.1": "example/prometheus-operator-crd",
}
# Strimzi publishes no such module: see the file.
STRIMZI = Path(__file__).with_name("strimzi.json")


@cache
def definitions(go: str, kind: str) -> dict[tuple[str, str], Object]:
    """Schemas of a custom kind, by API version and kind. `go` is the program that fetches the modules."""
    strimzi = json.loads(STRIMZI.read_text())["kinds"]
    found = {(entry["apiVersion"], entry["kind"]): entry["schema"] for entry in strimzi if entry["kind"] == kind}
    for module, folder in MODULES.items():
        for file in Path(fetched(go, module), folder).glob(f"*_{kind.lower()}s.yaml"):
            for crd in yaml.safe_load_all(file.read_text()):
                found.update(versions(crd["spec"]))
    return found


@cache
def fetched(go: str, module: str) -> str:
    """The folder of a Go module, fetched if it isn't there."""
    answer = subprocess.run([go, "mod", "download", "-json", module], capture_output=True, text=True, cwd="/")
    if answer.returncode:
        raise SystemExit(f"Go can't fetch {module}: {answer.stdout}{answer.stderr}")
    return json.loads(answer.stdout)["Dir"]


def versions(spec: Object) -> dict[tuple[str, str], Object]:
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): closed(version["schema"]["openAPIV3Schema"])
        for version in spec["versions"]
        if version["served"]
    }


def closed(schema: Object) -> Object:
    """The schema as the API server reads it: a field that isn't named is an error, which JSON Schema would let pass."""
    schema = {key: closed_within(key, value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        # Its pattern is for strings alone, and its type is left out.
        schema.pop("type", None)
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if "properties" in schema and not is_open:
        schema["additionalProperties"] = False
    return schema


def closed_within(key: str, value):
    if key == "properties":
        return {name: closed(schema) for name, schema in value.items()}
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return closed(value)
    # anyOf and the like only add conditions: they name no fields of their own.
    return value


def problems_of(obj: Object, go: str) -> list[Problem]:
    """What keeps an object from being taken."""
    try:
        kubernetes_validate.validate(obj, KUBERNETES, strict=True)
        return []
    except kubernetes_validate.ValidationError as error:
        return [f"{name_of(obj)}: {error}"]
    except kubernetes_validate.SchemaNotFoundError:
        pass
    schema = definitions(go, obj["kind"]).get((obj["apiVersion"], obj["kind"]))
    if schema is None:
        return [f"{name_of(obj)}: nobody defines {obj['apiVersion']} {obj['kind']}"]
    # The API server adds these to each definition.
    top = dict(schema["properties"], apiVersion={}, kind={}, metadata={})
    validator = jsonschema.Draft202012Validator({**schema, "properties": top})
    return [f"{name_of(obj)}: {error.json_path}: {error.message}" for error in validator.iter_errors(obj)]


def is_custom(obj: Object) -> bool:
    """Whether an operator must be installed before it can be applied."""
    try:
        kubernetes_validate.validate(obj, KUBERNETES)
    except kubernetes_validate.ValidationError:
        pass
    except kubernetes_validate.SchemaNotFoundError:
        return True
    return False

"""Whether compose.yaml is what Docker takes, and starts the programs that the cluster does; whether images hold all that they are
built from."""

import json
import tomllib
from pathlib import Path

import jsonschema
import yaml

import policies
import schemas
from objects import Problem

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "compose.yaml"
# It holds the specification's own schema.
MODULE = "github.com/compose-spec/compose-go/v2@v2.16.2"


def problems(go: str) -> list[Problem]:
    schema = json.loads(Path(schemas.fetched(go, MODULE), "schema/compose-spec.json").read_text())
    system = yaml.safe_load(FILE.read_text())
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    lost = lost_members(members, (ROOT / ".dockerignore").read_text())
    return [f"compose.yaml: {problem}" for problem in problems_of(system, schema)] + lost


def lost_members(members: list[str], ignored: str) -> list[Problem]:
    """Cargo reads the manifest of each member, also of one that isn't built."""
    let_in = {line.removeprefix("!") for line in ignored.splitlines() if line.startswith("!")}
    return [f".dockerignore: leaves out {member}, without which nothing is built" for member in members if member not in let_in]


def problems_of(system: dict, schema: dict) -> list[Problem]:
    found = [f"{error.json_path}: {error.message}" for error in jsonschema.Draft7Validator(schema).iter_errors(system)]
    targets = {
        line.split()[-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("FROM service")
    }
    options = policies.options()
    for name, service in system["services"].items():
        if service["image"].startswith("voting/"):
            known = options | policies.VARIABLES_ELSEWHERE
            found += [f"{name}: no program has an option {key}" for key in service["environment"] if key not in known]
        if "build" in service and service["build"]["target"] not in targets:
            found.append(f"{name}: the Dockerfile has no target {service['build']['target']}")
    mounted = [mount.split(":")[0] for service in system["services"].values() for mount in service.get("volumes", [])]
    found += [f"{path} isn't there" for path in mounted if path.startswith("./") and not (ROOT / path).exists()]
    return found

"""Renders what `kubectl apply -k` would apply, and says what is wrong with it.

GO=… KUSTOMIZE=… python check.py     `cargo xtask manifests` does it
"""

import os
import subprocess
import sys
from pathlib import Path

import yaml

import access
import compose
import policies
import schemas
import topics
import watching
from objects import Object, Problem, of_kind

K8S = Path(__file__).resolve().parents[1]
# base needs no more than Kubernetes; the overlays are what people apply.
RENDERED = ["base", "overlays/local", "overlays/prod", "overlays/prod-hcaptcha"]
CUSTOM_KINDS_ALLOWED = {"overlays/prod", "overlays/prod-hcaptcha"}
# Everybody may read what lies in a repository.
SECRETS_ALLOWED = {"overlays/local"}


def render(folder: str, kustomize: str) -> list[Object]:
    built = subprocess.run([kustomize, "build", K8S / folder], capture_output=True, text=True)
    if built.returncode:
        raise SystemExit(f"{folder} can't be built: {built.stderr}")
    return list(yaml.safe_load_all(built.stdout))


def problems_of(folder: str, objects: list[Object], go: str) -> list[Problem]:
    problems = [problem for obj in objects for problem in schemas.problems_of(obj, go)]
    problems += policies.problems_of(objects)
    if folder not in SECRETS_ALLOWED:
        problems += [
            f"Secret/{obj['metadata']['name']}: stands in the repository" for obj in of_kind(objects, "Secret")
        ]
    if folder not in CUSTOM_KINDS_ALLOWED:
        problems += [f"{obj['kind']}: needs an operator" for obj in objects if schemas.is_custom(obj)]
    return problems


def main() -> None:
    go, kustomize = os.environ["GO"], os.environ["KUSTOMIZE"]
    failed = False
    for folder in RENDERED:
        objects = render(folder, kustomize)
        problems = problems_of(folder, objects, go)
        for problem in problems:
            print(f"k8s/{folder}: {problem}")
        failed |= bool(problems)
        print(f"k8s/{folder}: {len(objects)} objects, {len(problems)} problems")
    production = render("overlays/prod", kustomize)
    problems = watching.problems() + compose.problems(go) + topics.problems(production) + access.problems(production)
    for problem in problems:
        print(problem)
    sys.exit(failed or bool(problems))


if __name__ == "__main__":
    main()

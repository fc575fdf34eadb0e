"""What no schema knows: rules of this platform, each a pure function from rendered objects to problems."""

import re
from pathlib import Path

from objects import Object, Problem, containers, is_ours, name_of, of_kind, selects, workloads

ROOT = Path(__file__).resolve().parents[2]
# Labels of pods that operators make: nothing here has them.
OPERATORS = ("strimzi.io/", "cnpg.io/")
# Outside of the options in the sources: read by a library.
VARIABLES_ELSEWHERE = {"RUST_LOG"}


def constant(file: str, name: str) -> float:
    """A constant of the sources, in seconds."""
    text = (ROOT / file).read_text()
    seconds = re.search(rf"{name}: Duration = Duration::from_secs\((\d+)\)", text)
    if seconds:
        return float(seconds[1])
    millis = re.search(rf"{name}: i64 = ([\d_* ]+);", text)
    assert millis, f"{file} has no {name}"
    product = 1
    for factor in millis[1].split("*"):
        product *= int(factor)
    return product / 1000


def drain_seconds(program: str) -> float:
    """How long a program takes to end at most, by its own constants."""
    requests = constant("voting-commons/src/adapters/http.rs", "DRAIN_TIMEOUT")
    traces = constant("voting-commons/src/adapters/traces.rs", "END_TIMEOUT")
    match program:
        case "voters-frontend":
            votes = constant("voting-commons/src/window.rs", "DELIVERY_TIMEOUT_MILLIS")
            return requests + votes + constant("voters-frontend/src/publish_accounts.rs", "FLUSH_TIMEOUT") + traces
        case "votes-register":
            shell = "votes-register/src/shell.rs"
            return requests + constant(shell, "DRAIN_TIMEOUT") + constant(shell, "LEAVE_TIMEOUT") + traces
    return requests


def program_of(container: Object) -> str:
    return container["image"].rpartition("/")[2].partition(":")[0]


def grace_is_longer_than_the_drain(objects: list[Object]) -> list[Problem]:
    problems = []
    for obj, template in workloads(of_kind(objects, "Deployment")):
        for container in filter(is_ours, containers(template)):
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            needed = pause + drain_seconds(program_of(container))
            grace = template["spec"].get("terminationGracePeriodSeconds", 30)
            if grace <= needed:
                problems.append(f"{name_of(obj)}: killed after {grace} s, and takes up to {needed:g} s to end")
            has_clients = any(port["name"] == "http" for port in container.get("ports", []))
            if has_clients and not pause:
                problems.append(f"{name_of(obj)}: stops listening while clients are still sent to it (no preStop)")
    return problems


def only_voters_have_the_keys(objects: list[Object]) -> list[Problem]:
    problems = []
    for obj, template in workloads(objects):
        for container in containers(template):
            secrets = {source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source}
            # Generated ones end in a hash.
            if (
                any(secret.startswith("voters-keys") for secret in secrets)
                and program_of(container) != "voters-frontend"
            ):
                problems.append(f"{name_of(obj)}: whoever holds voters-keys can make ballots, and this needn't")
    return problems


def production_alone_signs(objects: list[Object]) -> list[Problem]:
    problems = []
    for obj, template in workloads(objects):
        mounted = {volume.get("secret", {}).get("secretName", "") for volume in template["spec"].get("volumes", [])}
        holds = any(name.startswith("result-signing-key") for name in mounted)
        programs = {program_of(container) for container in containers(template)}
        if holds != ("production-frontend" in programs and obj["kind"] == "Deployment"):
            problems.append(f"{name_of(obj)}: production-frontend alone signs results, by the key that is mounted")
    return problems


def voters_are_sent_to_the_gateway(objects: list[Object]) -> list[Problem]:
    """A shared link leads to PUBLIC_URL."""
    problems = []
    hosts = {
        f"https://{listener['hostname']}"
        for gateway in of_kind(objects, "Gateway")
        for listener in gateway["spec"]["listeners"]
        if "hostname" in listener
    }
    for obj, template in workloads(objects):
        for container in filter(is_ours, containers(template)):
            given = {variable["name"]: variable["value"] for variable in container.get("env", [])}
            if hosts and given.get("PUBLIC_URL", next(iter(hosts))) not in hosts:
                problems.append(f"{name_of(obj)}: the gateway doesn't serve {given['PUBLIC_URL']}")
    return problems


def options() -> set[str]:
    """The variables that the programs read."""
    sources = ROOT.glob("*/src/**/*.rs")
    return {name for source in sources for name in re.findall(r'env = "([A-Z0-9_]+)"', source.read_text())}


def variables_are_options(objects: list[Object]) -> list[Problem]:
    """A misspelt variable would silently leave a default."""
    known = options() | VARIABLES_ELSEWHERE
    settings = [obj for obj in of_kind(objects, "ConfigMap") if "KAFKA_TOPIC" in obj["data"]]
    given = {key: name_of(obj) for obj in settings for key in obj["data"]}
    for obj, template in workloads(objects):
        for container in filter(is_ours, containers(template)):
            given.update({variable["name"]: name_of(obj) for variable in container.get("env", [])})
    return [f"{owner}: no program has an option {key}" for key, owner in given.items() if key not in known]


def pods(objects: list[Object]) -> list[Object]:
    return [template for _, template in workloads(objects)]


def selectors_meet_pods(objects: list[Object]) -> list[Problem]:
    """A selector that takes nothing protects, balances or allows nothing."""
    problems = []
    for obj in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor"):
        for selector in selectors_of(obj):
            if any(key.startswith(OPERATORS) for key in selector.get("matchLabels", {})):
                continue
            if not any(selects(selector, pod["metadata"]["labels"]) for pod in pods(objects)):
                problems.append(f"{name_of(obj)}: no pod is selected by {selector}")
    return problems


def admin_ports_are_watched(objects: list[Object]) -> list[Problem]:
    """Metrics that nobody reads raise no alarm; a policy that doesn't let Prometheus in hides them too."""
    problems = []
    for obj, pod in workloads(objects):
        ports = [port.get("name") for container in pod["spec"]["containers"] for port in container.get("ports", [])]
        if "admin" not in ports:
            continue
        for kind, name in [("PodMonitor", "voting"), ("NetworkPolicy", "monitoring-to-admin")]:
            found = [other for other in of_kind(objects, kind) if other["metadata"]["name"] == name]
            selectors = [selector for other in found for selector in selectors_of(other)[:1]]
            if found and not any(selects(selector, pod["metadata"]["labels"]) for selector in selectors):
                problems.append(f"{name_of(obj)}: {kind}/{name} doesn't select its pods")
    return problems


def selectors_of(obj: Object) -> list[Object]:
    spec = obj["spec"]
    match obj["kind"]:
        case "Service":
            return [{"matchLabels": spec["selector"]}]
        case "NetworkPolicy":
            return [spec["podSelector"], *peers(spec)]
    return [spec["selector"]]


def peers(spec: Object) -> list[Object]:
    """Selectors of pods in the same namespace, of a policy's rules."""
    rules = [*spec.get("ingress", []), *spec.get("egress", [])]
    found = [peer for rule in rules for peer in rule.get("from", []) + rule.get("to", [])]
    return [peer["podSelector"] for peer in found if "podSelector" in peer and "namespaceSelector" not in peer]


def everything_else_is_denied(objects: list[Object]) -> list[Problem]:
    denies = [
        policy
        for policy in of_kind(objects, "NetworkPolicy")
        if policy["spec"]["podSelector"] == {}
        and set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not policy["spec"].get("ingress")
        and not policy["spec"].get("egress")
    ]
    problems = [] if denies else ["no NetworkPolicy denies what none allows"]
    for policy in of_kind(objects, "NetworkPolicy"):
        if any(not rule.get("from") for rule in policy["spec"].get("ingress", [])):
            problems.append(f"{name_of(policy)}: lets everybody in")
    return problems


def each_signs_in_as_itself(objects: list[Object]) -> list[Problem]:
    """Who is told how to sign in is told as itself, and may reach what asks for it."""
    problems = []
    for obj, template in workloads(objects):
        ours = list(filter(is_ours, containers(template)))
        for container in ours:
            own = "migrations" if obj["kind"] == "Job" else program_of(container)
            secrets = [source["secretRef"]["name"] for source in container.get("envFrom", []) if "secretRef" in source]
            # Generated ones end in a hash.
            signs_in_as = [name.partition("-access")[0] for name in secrets if "-access" in name]
            if signs_in_as != [own]:
                problems.append(f"{name_of(obj)}: {container['name']} signs in as {signs_in_as} and not as {own}")
        if ours and template["metadata"]["labels"].get("voting/needs-postgres") != "true":
            problems.append(f"{name_of(obj)}: may not reach Postgres (voting/needs-postgres)")
    return problems


def autoscalers_alone_say_how_many(objects: list[Object]) -> list[Problem]:
    scalers = of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")
    targets = {scaler["spec"]["scaleTargetRef"]["name"]: scaler for scaler in scalers}
    twice = len(scalers) - len(targets)
    problems = [f"{twice} workloads have two autoscalers"] if twice else []
    for deployment in of_kind(objects, "Deployment"):
        if deployment["metadata"]["name"] in targets and "replicas" in deployment["spec"]:
            problems.append(f"{name_of(deployment)}: each apply would undo what its autoscaler decided")
    names = {deployment["metadata"]["name"] for deployment in of_kind(objects, "Deployment")}
    lost = [target for target in targets if target not in names]
    return problems + [f"{name_of(targets[target])}: there is no Deployment {target}" for target in lost]


def registers_are_no_more_than_partitions(objects: list[Object]) -> list[Problem]:
    settings = next(obj["data"] for obj in of_kind(objects, "ConfigMap") if "KAFKA_TOPIC" in obj["data"])
    partitions = int(settings["TOPIC_PARTITIONS"])
    problems = []
    for scaled in of_kind(objects, "ScaledObject"):
        kafka = [trigger["metadata"] for trigger in scaled["spec"]["triggers"] if trigger["type"] == "kafka"]
        if kafka and scaled["spec"]["maxReplicaCount"] != partitions:
            problems.append(
                f"{name_of(scaled)}: at most {scaled['spec']['maxReplicaCount']}, for {partitions} partitions"
            )
        problems += [
            f"{name_of(scaled)}: asks of other brokers or another topic than the registers read"
            for asked in kafka
            if (asked["bootstrapServers"], asked["topic"]) != (settings["KAFKA_BROKERS"], settings["KAFKA_TOPIC"])
        ]
        problems += [
            f"{name_of(scaled)}: KEDA doesn't know {asked['bootstrapServers']}, a name without a namespace"
            for asked in kafka
            if "." not in asked["bootstrapServers"]
        ]
    for topic in of_kind(objects, "KafkaTopic"):
        is_votes = topic["metadata"]["name"] == settings["KAFKA_TOPIC"]
        if topic["spec"]["partitions"] != (partitions if is_votes else 1):
            problems.append(f"{name_of(topic)}: {topic['spec']['partitions']} partitions")
        if topic["spec"]["replicas"] != int(settings["TOPIC_REPLICATION"]):
            problems.append(
                f"{name_of(topic)}: {topic['spec']['replicas']} replicas, for {settings['TOPIC_REPLICATION']}"
            )
        problems += topic_settings(topic)
    return problems


def topic_settings(topic: Object) -> list[Problem]:
    """Counting relies on these; `votes-register create-topic` sets the same."""
    source = (ROOT / "voting-commons/src/adapters/kafka.rs").read_text()
    retention = 1000 * constant("voting-commons/src/adapters/kafka.rs", "RETENTION_MILLIS")
    config = topic["spec"]["config"]
    problems = []
    if config.get("message.timestamp.type") != "LogAppendTime":
        problems.append(f"{name_of(topic)}: registers refuse a topic that brokers don't stamp")
    if config.get("retention.ms") != retention:
        problems.append(f"{name_of(topic)}: retention.ms isn't {retention:g}")
    if "cleanup.policy" in config and f'"{config["cleanup.policy"]}"' not in source:
        problems.append(f"{name_of(topic)}: cleanup.policy differs from what the program sets")
    return problems


def every_service_may_be_drained(objects: list[Object]) -> list[Problem]:
    """Each Deployment has one budget that lets a node be emptied."""
    problems = []
    for deployment in of_kind(objects, "Deployment"):
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        budgets = [
            budget for budget in of_kind(objects, "PodDisruptionBudget") if selects(budget["spec"]["selector"], labels)
        ]
        if len(budgets) != 1 or budgets[0]["spec"].get("maxUnavailable") in (None, 0):
            problems.append(f"{name_of(deployment)}: has no budget that allows a disruption, or several")
    return problems


def admission_takes_pods(objects: list[Object]) -> list[Problem]:
    """The namespace takes pods of the profile `restricted` alone: another one never starts."""
    problems = []
    for obj, template in workloads(objects):
        pod = template["spec"].get("securityContext", {})
        if pod.get("runAsNonRoot") is not True or pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
            problems.append(f"{name_of(obj)}: may run as root, or call whatever the kernel offers")
        if any("hostPath" in volume for volume in template["spec"].get("volumes", [])):
            problems.append(f"{name_of(obj)}: mounts the node's files")
        for container in containers(template):
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False or context.get("capabilities") != {"drop": ["ALL"]}:
                problems.append(f"{name_of(obj)}: {container['name']} may gain rights")
    return problems


def images_are_pinned(objects: list[Object]) -> list[Problem]:
    return [
        f"{name_of(obj)}: {container['image']} may be another image tomorrow"
        for obj, template in workloads(objects)
        for container in containers(template)
        if container["image"].rpartition(":")[2] in ("latest", container["image"])
    ]


POLICIES = [
    grace_is_longer_than_the_drain,
    only_voters_have_the_keys,
    production_alone_signs,
    voters_are_sent_to_the_gateway,
    variables_are_options,
    selectors_meet_pods,
    admin_ports_are_watched,
    everything_else_is_denied,
    each_signs_in_as_itself,
    autoscalers_alone_say_how_many,
    registers_are_no_more_than_partitions,
    every_service_may_be_drained,
    admission_takes_pods,
    images_are_pinned,
]


def problems_of(objects: list[Object]) -> list[Problem]:
    """What breaks any of the rules."""
    return [problem for policy in POLICIES for problem in policy(objects)]

"""Each check finds the mistake that it is there for, planted into what is applied in production.

GO=… KUSTOMIZE=… python -m unittest
"""

import copy
import os
import tempfile
import unittest
from pathlib import Path

import yaml

import access
import compose
import policies
import schemas
import topics
import watching
from check import render
from objects import Object

GO = os.environ["GO"]
OBJECTS = render("overlays/prod", os.environ["KUSTOMIZE"])


def find(objects: list[Object], kind: str, name: str) -> Object:
    return next(obj for obj in objects if (obj["kind"], obj["metadata"]["name"]) == (kind, name))


class Policies(unittest.TestCase):
    def setUp(self):
        self.objects = copy.deepcopy(OBJECTS)

    def find(self, kind: str, name: str) -> Object:
        return find(self.objects, kind, name)

    def pod(self, name: str) -> Object:
        return self.find("Deployment", name)["spec"]["template"]["spec"]

    def assert_found(self, problem: str):
        found = policies.problems_of(self.objects)
        self.assertTrue(any(problem in line for line in found), f"{problem!r} isn't among {found}")

    def test_nothing_is_wrong_with_what_stands_there(self):
        self.assertEqual(policies.problems_of(self.objects), [])

    def test_a_pod_that_is_killed_while_it_drains(self):
        self.pod("voters-frontend")["terminationGracePeriodSeconds"] = 24
        self.assert_found("killed after 24 s, and takes up to 24 s")

    def test_metrics_that_nobody_reads(self):
        template = self.find("Deployment", "votes-aggregator")["spec"]["template"]
        del template["metadata"]["labels"]["app.kubernetes.io/part-of"]
        self.assert_found("Deployment/votes-aggregator: PodMonitor/voting doesn't select its pods")
        self.assert_found("Deployment/votes-aggregator: NetworkPolicy/monitoring-to-admin doesn't select its pods")

    def test_brokers_that_only_their_neighbours_find(self):
        [trigger] = self.find("ScaledObject", "votes-register")["spec"]["triggers"]
        trigger["metadata"]["bootstrapServers"] = "voting-kafka-bootstrap:9093"
        self.assert_found("ScaledObject/votes-register: KEDA doesn't know voting-kafka-bootstrap:9093")

    def test_a_frontend_that_stops_listening_at_once(self):
        del self.pod("production-frontend")["containers"][0]["lifecycle"]
        self.assert_found("stops listening while clients are still sent to it")

    def test_keys_for_who_needs_none(self):
        self.pod("votes-register")["containers"][0]["envFrom"].append({"secretRef": {"name": "voters-keys"}})
        self.assert_found("Deployment/votes-register: whoever holds voters-keys can make ballots")

    def test_a_production_that_cannot_sign(self):
        del self.pod("production-frontend")["volumes"]
        self.assert_found("Deployment/production-frontend: production-frontend alone signs results")

    def test_a_shared_link_that_leads_elsewhere(self):
        self.find("Gateway", "voting")["spec"]["listeners"][1]["hostname"] = "voto.example.com"
        self.assert_found("the gateway doesn't serve https://votar.example.com")

    def test_a_misspelt_option(self):
        self.pod("voters-frontend")["containers"][0]["env"].append({"name": "LIVE_STREAM_MAX", "value": "1"})
        self.assert_found("no program has an option LIVE_STREAM_MAX")

    def test_a_service_that_leads_nowhere(self):
        self.find("Service", "voters-frontend")["spec"]["selector"] = {"app": "voter-frontend"}
        self.assert_found("Service/voters-frontend: no pod is selected")

    def test_a_flow_from_nobody(self):
        policy = self.find("NetworkPolicy", "services-to-kafka")
        policy["spec"]["podSelector"]["matchLabels"] = {"needs-kafka": "true"}
        self.assert_found("NetworkPolicy/services-to-kafka: no pod is selected")

    def test_an_open_namespace(self):
        self.objects.remove(self.find("NetworkPolicy", "default-deny"))
        self.assert_found("no NetworkPolicy denies what none allows")

    def test_a_policy_that_lets_everybody_in(self):
        del self.find("NetworkPolicy", "edge-to-frontends")["spec"]["ingress"][0]["from"]
        self.assert_found("NetworkPolicy/edge-to-frontends: lets everybody in")

    def test_a_database_that_cannot_be_reached(self):
        template = self.find("Deployment", "votes-register")["spec"]["template"]
        del template["metadata"]["labels"]["voting/needs-postgres"]
        self.assert_found("Deployment/votes-register: may not reach Postgres")

    def test_a_service_in_the_name_of_another(self):
        self.pod("votes-aggregator")["containers"][0]["envFrom"][1]["secretRef"]["name"] = "migrations-access"
        self.assert_found("votes-aggregator signs in as ['migrations'] and not as votes-aggregator")

    def test_a_number_beside_an_autoscaler(self):
        self.find("Deployment", "votes-register")["spec"]["replicas"] = 2
        self.assert_found("each apply would undo what its autoscaler decided")

    def test_two_autoscalers(self):
        self.find("HorizontalPodAutoscaler", "production-frontend")["spec"]["scaleTargetRef"]["name"] = (
            "voters-frontend"
        )
        self.assert_found("two autoscalers")

    def test_more_registers_than_partitions(self):
        self.find("ScaledObject", "votes-register")["spec"]["maxReplicaCount"] = 24
        self.assert_found("at most 24, for 12 partitions")

    def test_an_autoscaler_that_asks_elsewhere(self):
        self.find("ScaledObject", "votes-register")["spec"]["triggers"][0]["metadata"]["topic"] = "vote"
        self.assert_found("asks of other brokers or another topic")

    def test_a_topic_stamped_by_producers(self):
        del self.find("KafkaTopic", "votes")["spec"]["config"]["message.timestamp.type"]
        self.assert_found("registers refuse a topic that brokers don't stamp")

    def test_a_topic_that_forgets_too_early(self):
        self.find("KafkaTopic", "votes")["spec"]["config"]["retention.ms"] = 604_800_000
        self.assert_found("retention.ms isn't")

    def test_a_node_that_cannot_be_drained(self):
        self.find("PodDisruptionBudget", "votes-register")["spec"]["maxUnavailable"] = 0
        self.assert_found("no budget that allows a disruption")

    def test_a_pod_that_is_not_admitted(self):
        self.pod("votes-register")["containers"][0]["securityContext"]["capabilities"]["add"] = ["NET_ADMIN"]
        self.pod("voters-frontend")["securityContext"]["runAsNonRoot"] = False
        self.assert_found("Deployment/votes-register: votes-register may gain rights")
        self.assert_found("Deployment/voters-frontend: may run as root")

    def test_an_image_that_changes(self):
        self.pod("votes-register")["containers"][0]["image"] = "registry.example.com/voting/votes-register:latest"
        self.assert_found("may be another image tomorrow")


class Schemas(unittest.TestCase):
    def assert_refused(self, kind: str, name: str, plant, problem: str):
        obj = copy.deepcopy(find(OBJECTS, kind, name))
        self.assertEqual(schemas.problems_of(obj, GO), [])
        plant(obj["spec"])
        found = schemas.problems_of(obj, GO)
        self.assertTrue(any(problem in line for line in found), f"{problem!r} isn't among {found}")

    def test_an_unknown_field_of_kubernetes(self):
        self.assert_refused("Deployment", "votes-register", lambda spec: spec.update(replica=2), "replica")

    def test_an_unknown_field_of_each_operator(self):
        for kind, name in [
            ("Kafka", "voting"),
            ("KafkaNodePool", "nodes"),
            ("KafkaTopic", "votes"),
            ("KafkaUser", "votes-register"),
            ("Cluster", "postgres"),
            ("ScaledObject", "votes-register"),
            ("TriggerAuthentication", "votes-register"),
            ("Gateway", "voting"),
            ("HTTPRoute", "voters"),
            ("PodMonitor", "voting"),
            ("PrometheusRule", "voting"),
        ]:
            with self.subTest(kind):
                self.assert_refused(kind, name, lambda spec: spec.update(planted=1), "planted")

    def test_a_wrong_type_deep_inside(self):
        def plant(spec):
            spec["kafka"]["listeners"][0]["port"] = "9092"

        self.assert_refused("Kafka", "voting", plant, "'9092' is not of type 'integer'")

    def test_a_required_field_that_is_missing(self):
        self.assert_refused(
            "ScaledObject", "votes-register", lambda spec: spec.pop("triggers"), "'triggers' is a required"
        )


class Watching(unittest.TestCase):
    def test_an_expression_is_taken_apart(self):
        expression = (
            'sum by (le) (rate(a_bucket{x="b_c"}[5m])) / on (job) c > 0 or (d unless e offset 10m) and f:g:rate1m > 1e3'
        )
        self.assertEqual(watching.metrics_of(expression), {"a_bucket", "c", "d", "e", "f:g:rate1m"})

    def test_a_metric_that_nobody_has(self):
        sources = 'counter!("votes_counted_total")'
        self.assertTrue(watching.is_in_sources("votes_counted_total", sources))
        self.assertFalse(watching.is_in_sources("votes_count_total", sources))

    def test_a_metric_that_no_service_told_of(self):
        with tempfile.TemporaryDirectory() as folder:
            told = "".join(f"{metric} 0\n" for _, metric in watching.read_from_services())
            (Path(folder) / "all.prom").write_text(told)
            self.assertEqual(watching.not_told(Path(folder)), [])
            (Path(folder) / "all.prom").write_text(told.replace("votes_counted_total 0", "# votes_counted_total 0"))
            self.assertIn("no service told of votes_counted_total", "".join(watching.not_told(Path(folder))))


class Topics(unittest.TestCase):
    def test_a_document_that_is_out_of_date(self):
        document = topics.read()
        self.assertEqual(topics.problems_of(document, OBJECTS), [])
        document["channels"]["votes"]["bindings"]["kafka"]["partitions"] = 6
        document["components"]["messages"]["vote"]["examples"][0]["payload"]["minute"] = "now"
        found = topics.problems_of(document, OBJECTS)
        self.assertEqual(len(found), 2, found)
        self.assertIn("votes: partitions, replicas or retention.ms differ from what is made", found)
        self.assertIn("vote: 'now' is not of type 'integer'", found)


class Access(unittest.TestCase):
    def test_rights_that_differ_from_what_is_said(self):
        document, objects = access.DOCUMENT.read_text(), copy.deepcopy(OBJECTS)
        self.assertEqual(access.problems_of(document, objects), [])
        acls = find(objects, "KafkaUser", "votes-register")["spec"]["authorization"]["acls"]
        acls[0]["operations"].append("Write")
        del acls[2]
        find(objects, "Cluster", "postgres")["spec"]["managed"]["roles"].pop()
        self.assertEqual(
            access.problems_of(document, objects),
            [
                "votes-register Read group votes-register-reader is said, and no KafkaUser has it",
                "votes-register Write topic votes isn't said, and a KafkaUser has it",
                "speaks of other roles than voters-frontend, votes-aggregator, votes-register",
            ],
        )


class Compose(unittest.TestCase):
    def test_mistakes_in_what_docker_starts(self):
        system = yaml.safe_load(compose.FILE.read_text())
        register = system["services"]["votes-register"]
        register["environment"] = {**register["environment"], "KAFKA_BROKER": "kafka:9092"}
        system["services"]["topic"]["build"]["target"] = "register"
        system["services"]["prometheus"]["volumes"].append("./rules.yaml:/rules.yaml:ro")
        found = compose.problems_of(system, {"required": ["planted"]})
        self.assertEqual(
            found,
            [
                "$: 'planted' is a required property",
                "topic: the Dockerfile has no target register",
                "votes-register: no program has an option KAFKA_BROKER",
                "./rules.yaml isn't there",
            ],
        )

    def test_a_member_that_images_lack(self):
        found = compose.lost_members(["attack", "xtask"], "*\n!xtask\n")
        self.assertEqual(found, [".dockerignore: leaves out attack, without which nothing is built"])


if __name__ == "__main__":
    unittest.main()

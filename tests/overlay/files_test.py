#!/usr/bin/env python3
"""What docker/ has, without a container: Dockerfiles, compose files and resources are valid and fit each other."""

import json
import os
import pathlib
import re
import shlex
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from containers import ROOT, consumers, main, run, tool  # noqa: E402

DOCKER = ROOT / "docker"
REMORA = os.environ.get("REMORA_TOOL", str(ROOT / "build" / "release" / "remora"))
JAR = "/usr/share/remora/remora.jar"
# Kafka's own default, which a value of EXTRA_ARGS replaces.
FLAG = f"-name kafkaServer -loggc -javaagent:{JAR}"
KUBERNETES = "1.36"


def dockerfiles():
    return sorted(DOCKER.glob("*/Dockerfile"))


class DockerfileTest(unittest.TestCase):
    def test_hadolint_finds_nothing(self):
        self.assertEqual(4, len(dockerfiles()))
        self.assertEqual("", run(tool("hadolint"), *dockerfiles()).stdout)

    def test_each_puts_jar_library_and_program_where_the_packages_do(self):
        for path in dockerfiles():
            if path.parent.name == "performance":
                continue
            text = path.read_text()
            self.assertRegex(text, r"(?m)^COPY .* remora\.jar libremora\.so /usr/share/remora/$", path)
            self.assertRegex(text, r"(?m)^COPY .* remora /usr/bin/remora$", path)

    def test_the_flag_is_where_the_server_alone_reads_it(self):
        for name in ("cp-kafka", "apache-kafka"):
            text = (DOCKER / name / "Dockerfile").read_text()
            self.assertIn(f'\nENV EXTRA_ARGS="{FLAG}"\n', text)
            self.assertEqual("1000", re.findall(r"(?m)^USER (.*)$", text)[-1])
            self.assertNotIn("KAFKA_OPTS", text)


def services_of(name, file="compose.yml", *options):
    found = run(tool("docker-compose"), "-f", DOCKER / name / file, *options, "config", "--format", "json")
    return json.loads(found.stdout)["services"]


class ComposeTest(unittest.TestCase):
    def test_brokers_are_as_strict_as_the_pages_say_and_share_the_metrics_only(self):
        for name in ("cp-kafka", "apache-kafka"):
            services = services_of(name)
            kafka, exporter = services["kafka"], services["node-exporter"]
            self.assertTrue(kafka["read_only"])
            self.assertEqual("1000", kafka["user"])
            self.assertIn("noexec", kafka["tmpfs"][0])
            mounts = {mount["target"]: mount.get("source") for mount in kafka["volumes"]}
            directory = re.search(r"REMORA_DIRECTORY=(\S+)", (DOCKER / name / "Dockerfile").read_text())[1]
            shown = exporter["volumes"][0]
            self.assertEqual(mounts[directory], shown["source"])
            self.assertTrue(shown["read_only"])
            self.assertIn("kafka", exporter["depends_on"])
            self.assertIn(f"--collector.textfile.directory={shown['target']}", exporter["command"])


class PerformanceTest(unittest.TestCase):
    """The three brokers of docker/performance, and what runs beside them."""

    def setUp(self):
        self.services = services_of("performance", "docker-compose.yml", "--profile", "report")
        self.brokers = {name: each for name, each in self.services.items() if name.startswith("kafka-")}

    def test_three_brokers_with_the_agent_are_one_quorum(self):
        self.assertEqual(3, len(self.brokers))
        voters = ",".join(f"{each['environment']['KAFKA_NODE_ID']}@{name}:29093"
                          for name, each in sorted(self.brokers.items()))
        for name, each in self.brokers.items():
            self.assertEqual("cp-kafka-remora", each["image"])
            self.assertEqual(voters, each["environment"]["KAFKA_CONTROLLER_QUORUM_VOTERS"])
            self.assertEqual(f"PLAINTEXT://{name}:9092", each["environment"]["KAFKA_ADVERTISED_LISTENERS"])
            self.assertNotIn("EXTRA_ARGS", each["environment"])

    def test_the_scripts_accept_its_commands(self):
        sys.path.insert(0, str(ROOT / "scripts"))
        from labkit import cli
        found = {}
        for name in ("topics", "load"):
            for line in self.services[name]["command"][-1].replace("\\\n", " ").splitlines():
                program, *words = shlex.split(line)
                if program == "/opt/remora/scripts/lab":
                    found[words[0]] = cli.build_parser().parse_args(words)
        self.assertEqual({"join", "topics", "load"}, set(found))
        self.assertEqual({f"{name}:9092" for name in self.brokers}, set(found["join"].bootstrap.split(",")))
        self.assertEqual((100, 10, 3), (found["topics"].topics, found["topics"].partitions, found["topics"].replication))
        self.assertEqual(found["join"].dir, found["load"].dir)
        self.assertEqual("service_completed_successfully", self.services["load"]["depends_on"]["topics"]["condition"])
        dockerfile = (DOCKER / "performance" / "Dockerfile").read_text()
        self.assertEqual(["/opt/remora/scripts/performance-test.sh"], self.services["report"]["entrypoint"])
        # Where the script looks for a build, and where it puts reports.
        for path in (found["join"].jars, "/opt/remora/build/release", "/opt/remora/scripts"):
            self.assertRegex(dockerfile, rf"(?m)^COPY .* {path}/?$")
        self.assertIn("/opt/remora/build/performance", {each["target"] for each in self.services["report"]["volumes"]})


class ResourceTest(unittest.TestCase):
    """Resources of Kubernetes and Strimzi."""

    @classmethod
    def setUpClass(cls):
        tool("kubernetes-validate")
        import kubernetes_validate
        import yaml
        cls.judge = staticmethod(kubernetes_validate.validate)
        cls.files = {str(path.relative_to(DOCKER)): list(yaml.safe_load_all(path.read_text()))
                     for path in DOCKER.glob("*/*.yml") if not path.name.endswith("compose.yml")}

    def one(self, file, kind):
        return next(resource for resource in self.files[file] if resource["kind"] == kind)

    def check_mounts(self, volumes, containers):
        known = {volume["name"] for volume in volumes}
        mounted = [mount["name"] for container in containers for mount in container["volumeMounts"]]
        self.assertEqual(known, set(mounted))

    def test_they_are_valid_for_kubernetes(self):
        self.assertEqual({"kubernetes/kafka.yml", "strimzi/kafka.yml", "strimzi/sidecar.yml"}, set(self.files))
        for resources in self.files.values():
            for resource in resources:
                if not resource["apiVersion"].startswith("kafka.strimzi.io/"):
                    self.judge(resource, KUBERNETES, strict=True)

    def test_configurations_in_them_are_valid(self):
        found = [resource["data"]["remora.json"] for resources in self.files.values() for resource in resources
                 if resource["kind"] == "ConfigMap"]
        self.assertEqual(2, len(found))
        for text in found:
            with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
                file.write(text)
                file.flush()
                run(REMORA, "check", file.name, "--no-environment")

    def test_the_pod_shares_the_metrics_only_and_writes_nothing_of_its_images(self):
        spec = self.one("kubernetes/kafka.yml", "StatefulSet")["spec"]
        pod = spec["template"]["spec"]
        claims = [{"name": claim["metadata"]["name"]} for claim in spec["volumeClaimTemplates"]]
        self.check_mounts(pod["volumes"] + claims, pod["containers"])
        kafka, exporter = pod["containers"]
        for container in (kafka, exporter):
            self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        shared = {mount["name"]: mount for mount in kafka["volumeMounts"]}["metrics"]
        self.assertIn(f"REMORA_DIRECTORY={shared['mountPath']}\n", (DOCKER / "apache-kafka/Dockerfile").read_text())
        self.assertEqual(["metrics"], [mount["name"] for mount in exporter["volumeMounts"]])
        configuration = {mount["name"]: mount for mount in kafka["volumeMounts"]}["remora"]
        self.assertNotIn("subPath", configuration)
        self.assertFalse(pod["enableServiceLinks"])

    def test_strimzi_gets_flag_and_volumes_where_it_takes_them(self):
        kafka = self.one("strimzi/kafka.yml", "Kafka")["spec"]["kafka"]
        pod, container = kafka["template"]["pod"], kafka["template"]["kafkaContainer"]
        self.check_mounts(pod["volumes"], [container])
        paths = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        self.assertTrue(all(path.startswith("/mnt/") for path in paths.values()))
        self.assertEqual([{"name": "EXTRA_ARGS", "value": f"{FLAG}={paths['remora']}/remora.json"}], container["env"])
        configuration = json.loads(self.one("strimzi/kafka.yml", "ConfigMap")["data"]["remora.json"])
        self.assertEqual(paths["metrics"], configuration["directory"])
        pool = self.one("strimzi/kafka.yml", "KafkaNodePool")
        cluster = self.one("strimzi/kafka.yml", "Kafka")["metadata"]["name"]
        self.assertEqual(cluster, pool["metadata"]["labels"]["strimzi.io/cluster"])

    def test_the_sidecar_is_for_that_cluster_and_reads_its_volume(self):
        policy = self.one("strimzi/sidecar.yml", "MutatingAdmissionPolicy")
        binding = self.one("strimzi/sidecar.yml", "MutatingAdmissionPolicyBinding")
        self.assertEqual(policy["metadata"]["name"], binding["spec"]["policyName"])
        labels = policy["spec"]["matchConstraints"]["objectSelector"]["matchLabels"]
        cluster = self.one("strimzi/kafka.yml", "Kafka")["metadata"]["name"]
        self.assertEqual({"strimzi.io/cluster": cluster, "strimzi.io/component-type": "kafka"}, labels)
        expression = policy["spec"]["mutations"][0]["applyConfiguration"]["expression"]
        volumes = self.one("strimzi/kafka.yml", "Kafka")["spec"]["kafka"]["template"]["pod"]["volumes"]
        mounted = re.search(r'name: "(\w+)", mountPath: "(/\w+)", readOnly: true', expression)
        self.assertIn({"name": mounted[1], "emptyDir": {}}, volumes)
        self.assertIn(f'"--collector.textfile.directory={mounted[2]}"', expression)


if __name__ == "__main__":
    consumers.go_on_with_packages()  # YAML and the schemas are among them
    main()

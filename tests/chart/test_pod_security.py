"""Every pod passes the Pod Security Standard "restricted", whatever it is for: a test, a job, a database for evaluation.

https://kubernetes.io/docs/concepts/security/pod-security-standards, and a little more that this chart holds itself to.
"""

import re

import pytest
from chart.rendering import CI_FILES, rendered

RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
LOOKS_SECRET = re.compile(r"PASSWORD|TOKEN|SECRET|API_KEY|DATABASE_URL", re.IGNORECASE)
HOLDS_A_SECRET = re.compile(r"-----BEGIN|://[^/\s:@]+:[^@\s$]+@")
NO_SECRETS = {"DAYBOOK_SECRETS_DIR"}
"""Names that look secret and hold a path."""


def pods(name):
    return rendered(name).pods()


def containers(name):
    return rendered(name).containers()


pytestmark = pytest.mark.parametrize("name", CI_FILES)


def test_no_pod_shares_the_nodes_own(name):
    for pod in pods(name):
        for what in ("hostNetwork", "hostPID", "hostIPC"):
            assert not pod.spec.get(what), f"{pod.name}: {what}"
        for volume in pod.spec.get("volumes") or []:
            assert volume.keys() - {"name"} <= RESTRICTED_VOLUMES, f"{pod.name}: {volume}"


def test_every_pod_runs_as_a_user_of_its_own(name):
    for pod in pods(name):
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True, pod.name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, pod.name
        for who in ("runAsUser", "runAsGroup", "fsGroup"):
            assert context.get(who, 0) >= 10_000, f"{pod.name}: {who}"


def test_kubernetes_own_api_is_there_to_look_at(name):
    """A pod has a token only where a Role of the chart says what for, and that is never more than looking."""
    render = rendered(name)
    for pod in pods(name):
        assert pod.spec["enableServiceLinks"] is False, (
            f"{pod.name}: other Services' variables would reach its settings"
        )
        roles = [
            render.named("Role", binding["roleRef"]["name"])
            for binding in render.of("RoleBinding")
            if pod.spec["serviceAccountName"] in {subject["name"] for subject in binding["subjects"]}
        ]
        assert pod.spec["automountServiceAccountToken"] is bool(roles), pod.name
        for role in roles:
            for rule in role["rules"]:
                assert set(rule["verbs"]) <= {"get", "list", "watch"}, pod.name
                assert "secrets" not in rule["resources"], pod.name
    assert not render.of("ClusterRole", "ClusterRoleBinding")


def test_no_container_can_gain_anything(name):
    for container in containers(name):
        context = container.spec["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, container.name
        assert context["readOnlyRootFilesystem"] is True, container.name
        assert context["capabilities"] == {"drop": ["ALL"]}, container.name
        assert not context.get("privileged"), container.name
        assert context.get("runAsNonRoot", True) is True, container.name
        assert context.get("runAsUser", 10_000) >= 10_000, container.name
        assert context.get("seccompProfile", {"type": "RuntimeDefault"}) == {"type": "RuntimeDefault"}, container.name
        assert not any("hostPort" in port for port in container.spec.get("ports") or []), container.name


def test_every_container_says_what_it_needs_and_may_take(name):
    for container in containers(name):
        resources = container.spec["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys(), container.name
        assert "memory" in resources["limits"], container.name


def test_every_image_is_named_exactly(name):
    for container in containers(name):
        image = container.spec["image"]
        tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
        assert "@sha256:" in image or tag, f"{container.name}: {image} has neither tag nor digest"
        assert tag != "latest", f"{container.name}: {image}"


def test_no_secret_stands_in_a_pod_or_a_configmap(name):
    render = rendered(name)
    for container in render.containers():
        for variable in container.spec.get("env") or []:
            a_path = variable["name"] in NO_SECRETS or variable["name"].endswith("_FILE")
            assert a_path or "value" not in variable or not LOOKS_SECRET.search(variable["name"]), (
                f"{container.name}: {variable['name']} belongs in a file"
            )
            # the emulators read no files, and their accounts are made up
            assert "secretKeyRef" not in variable.get("valueFrom", {}) or container.program == "emulators", (
                container.name
            )
        told = " ".join([
            *(str(variable.get("value", "")) for variable in container.spec.get("env") or []),
            *(container.spec.get("command") or []),
            *(container.spec.get("args") or []),
        ])  # fmt: skip
        assert not HOLDS_A_SECRET.search(told), container.name
    for config in render.of("ConfigMap"):
        for key, text in (config.get("data") or {}).items():
            assert not HOLDS_A_SECRET.search(text), f"{config['metadata']['name']}: {key}"

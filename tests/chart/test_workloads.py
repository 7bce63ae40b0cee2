"""What keeps running: probes that ask the right question, spreading, disruption budgets, and time to drain."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from chart.programs import SERVICES
from chart.rendering import CI_FILES, rendered

pytestmark = pytest.mark.parametrize("name", CI_FILES)


def question(probe):
    """Where a probe asks, without how often."""
    return next((kind, probe[kind]) for kind in ("grpc", "httpGet", "tcpSocket", "exec") if kind in probe)


def test_what_stays_is_probed_apart(name):
    """Started, alive and ready are three questions; only readiness may ask another process's health (NATS, the database)."""
    for container in rendered(name).containers():
        if not container.stays or container.program == "toolbox":
            continue
        alive, ready = question(container.spec["livenessProbe"]), question(container.spec["readinessProbe"])
        assert "startupProbe" in container.spec, container.name
        if container.program in SERVICES:
            assert alive != ready, f"{container.name}: liveness asks what readiness asks"
            assert _asks(ready) in {"/readyz", "readiness"}, container.name
            for probe in ("livenessProbe", "startupProbe"):
                assert _asks(question(container.spec[probe])) in {"/healthz", "liveness"}, f"{container.name}: {probe}"


def _asks(probe):
    kind, where = probe
    return where.get("service") if kind == "grpc" else where.get("path")


def test_every_probe_reaches_a_port_of_its_container(name):
    for container in rendered(name).containers():
        ports = {port["name"]: port["containerPort"] for port in container.spec.get("ports") or []}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe in container.spec:
                kind, where = question(container.spec[probe])
                if kind != "exec":
                    assert where["port"] in {*ports, *ports.values()}, f"{container.name}: {probe}"
                    assert kind != "grpc" or isinstance(where["port"], int), (
                        f"{container.name}: grpc takes no port's name"
                    )


def test_startup_is_given_longer_than_liveness(name):
    """A slow start is not a hang: a migration before it, a full disk of JetStream."""
    for container in rendered(name).containers():
        if "startupProbe" in container.spec:
            assert _patience(container.spec["startupProbe"]) > _patience(container.spec["livenessProbe"]), (
                container.name
            )


def _patience(probe):
    return probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)


def test_every_service_is_spread(name):
    """Over nodes and zones. The toolbox and the emulators are one pod each, whatever the values."""
    for container in rendered(name).containers():
        if container.program in SERVICES and container.stays:
            spread = container.pod.spec.get("topologySpreadConstraints")
            assert spread, container.name
            for constraint in spread:
                chosen = constraint["labelSelector"]["matchLabels"]
                assert chosen.items() <= container.pod.labels.items(), container.name


def test_a_disruption_budget_exactly_where_there_is_more_than_one(name):
    """With one replica a budget would only hold up the node's drain; more than one comes by number, by HPA or by KEDA."""
    render = rendered(name)
    budgets = [budget["spec"]["selector"]["matchLabels"] for budget in render.of("PodDisruptionBudget")]
    scaled = {
        thing["spec"]["scaleTargetRef"]["name"]: thing["spec"].get(
            "minReplicas", thing["spec"].get("minReplicaCount", 0)
        )
        for thing in render.of("HorizontalPodAutoscaler", "ScaledObject")
    }
    for thing in render.of("Deployment"):
        labels = thing["spec"]["template"]["metadata"]["labels"]
        replicas = scaled.get(thing["metadata"]["name"], thing["spec"].get("replicas", 1))
        covering = [chosen for chosen in budgets if chosen.items() <= labels.items()]
        assert len(covering) == (1 if replicas > 1 else 0), f"{thing['metadata']['name']}: {replicas} replicas"
    for budget in render.of("PodDisruptionBudget"):
        assert budget["spec"].get("maxUnavailable") != 0, f"{budget['metadata']['name']}: no node could ever be drained"


def test_one_hand_alone_counts_the_replicas(name):
    """Where something scales a Deployment, its own number would be set back with every upgrade."""
    render = rendered(name)
    targets = [
        thing["spec"]["scaleTargetRef"]["name"] for thing in render.of("HorizontalPodAutoscaler", "ScaledObject")
    ]
    assert len(targets) == len(set(targets))
    for target in targets:
        deployment = render.named("Deployment", target)
        assert deployment, target
        assert "replicas" not in deployment["spec"], target


def test_a_rollout_hangs_up_on_nobody(name):
    """Promise 8: a gateway that is to go has time for the longest call, and a new one stands before it goes."""
    for thing in rendered(name).of("Deployment"):
        if not thing["metadata"]["name"].endswith("-voice-gateway"):
            continue
        pod = thing["spec"]["template"]["spec"]
        [container] = pod["containers"]
        longest_call_s = int(next(each["value"] for each in container["env"] if each["name"] == "DAYBOOK_MAX_CALL_S"))
        leaving_s = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        # the gateway itself waits 60 s beyond the longest call
        assert pod["terminationGracePeriodSeconds"] >= longest_call_s + 60 + leaving_s
        assert thing["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_every_schedule_is_one(name):
    for thing in rendered(name).of("CronJob"):
        fields = zip(thing["spec"]["schedule"].split(), CRON_FIELDS, strict=True)
        for text, (low, high) in fields:
            for part in text.split(","):
                assert _is_cron_part(part, low, high), f"{thing['metadata']['name']}: {part}"
        datetime.now(ZoneInfo(thing["spec"]["timeZone"]))


CRON_FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def _is_cron_part(part, low, high):
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    numbers = [] if span == "*" else [int(first), int(last or first)]
    return all(low <= number <= high for number in numbers) and numbers == sorted(numbers) and int(step or 1) > 0


def test_jobs_end_before_the_next_begins(name):
    """One that hangs is killed before `Forbid` has let many go by."""
    for thing in rendered(name).of("CronJob"):
        period_s = 300 if thing["metadata"]["name"].endswith("-tick") else 86_400
        assert thing["spec"]["concurrencyPolicy"] == "Forbid"
        assert thing["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] < period_s, thing["metadata"]["name"]


def test_retention_runs_where_the_recordings_can_be_reached(name):
    """A volume that is of one node at a time is the journal's: there its pod has to be, or it waits for the volume."""
    render = rendered(name)
    [journal] = [pod for pod in render.pods() if pod.component == "journal"]
    [retention] = [pod for pod in render.pods() if pod.component == "journal-retention"]
    claims = render.of("PersistentVolumeClaim")
    alone = any(
        claim["metadata"]["name"].endswith("-recordings") and claim["spec"]["accessModes"] == ["ReadWriteOnce"]
        for claim in claims
    )
    rules = (retention.spec.get("affinity") or {}).get("podAffinity") or {}
    near = rules.get("requiredDuringSchedulingIgnoredDuringExecution") or []
    assert bool(near) == alone
    for rule in near:
        assert rule["topologyKey"] == "kubernetes.io/hostname"
        assert rule["labelSelector"]["matchLabels"].items() <= journal.labels.items()
    assert "affinity" not in journal.spec or journal.spec["affinity"].get("podAffinity") is None


def test_nothing_waits_for_what_comes_later(name):
    """`helm install --wait` waits for all but hooks, and a post-install hook for --wait: a schema made there is never made.

    So the only hooks are tests, and migrations are Jobs like all else, for which pods wait in an init container.
    """
    render = rendered(name)
    for thing in render.objects:
        hook = (thing["metadata"].get("annotations") or {}).get("helm.sh/hook", "test")
        assert hook == "test", f"{thing['metadata']['name']}: {hook}"
    migrated = {_program_of(thing) for thing in render.of("Job") if _first_argument(thing) == "migrate"}
    for pod in render.pods():
        waits = {c.program for c in pod.containers() if c.starts_first and c.spec.get("args") == ["wait-for-schema"]}
        assert waits <= migrated, f"{pod.name} waits for a schema that nobody makes"
        for container in pod.containers():
            owns_a_schema = container.program in migrated and not container.starts_first
            if owns_a_schema and container.spec.get("args") != ["migrate"]:
                assert container.program in waits, f"{pod.name} does not wait for its schema"


def _program_of(job):
    return job["spec"]["template"]["spec"]["containers"][0]["image"].split("@")[0].rsplit("/", 1)[-1].split(":")[0]


def _first_argument(job):
    return (job["spec"]["template"]["spec"]["containers"][0].get("args") or [""])[0]

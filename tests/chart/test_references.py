"""Whatever an object names exists: ports, Secrets, ConfigMaps, service accounts, volumes, what is scaled and routed to."""

import pytest
import yaml
from chart.rendering import CHART, CI_FILES, rendered

pytestmark = pytest.mark.parametrize("name", CI_FILES)


def values_of(name):
    return [yaml.safe_load((CHART / "values.yaml").read_text()), yaml.safe_load(CI_FILES[name].read_text())]


def strings(part):
    if isinstance(part, dict):
        return {text for value in part.values() for text in strings(value)}
    if isinstance(part, list):
        return {text for value in part for text in strings(value)}
    return {part} if isinstance(part, str) and part else set()


def test_every_service_reaches_a_port_of_its_pods(name):
    render = rendered(name)
    for service in render.of("Service"):
        if service["spec"].get("type") == "ExternalName":
            continue
        selector = service["spec"]["selector"]
        chosen = [pod for pod in render.pods() if selector.items() <= pod.labels.items()]
        assert chosen, f"{service['metadata']['name']} selects nothing"
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            for pod in chosen:
                open_ports = [p for c in pod.containers() for p in c.spec.get("ports") or []]
                assert target in {p["name"] for p in open_ports} | {p["containerPort"] for p in open_ports}, (
                    f"{service['metadata']['name']}: {pod.name} has no port {target}"
                )


def test_a_service_selects_one_workload(name):
    render = rendered(name)
    for service in render.of("Service"):
        selector = service["spec"].get("selector") or {}
        assert len({pod.name for pod in render.pods() if selector.items() <= pod.labels.items()}) == 1, service[
            "metadata"
        ]["name"]


def test_every_pod_that_stays_is_selected_by_its_own_workload_alone(name):
    render = rendered(name)
    for thing in render.of("Deployment", "StatefulSet"):
        selector = thing["spec"]["selector"]["matchLabels"]
        assert [pod.name for pod in render.pods() if selector.items() <= pod.labels.items()] == [
            f"{thing['kind']}/{thing['metadata']['name']}"
        ]


def test_every_secret_and_configmap_is_made_or_named_in_the_values(name):
    render = rendered(name)
    given = strings(values_of(name))
    for pod in render.pods():
        for kind, wanted, keys in _named_by(pod):
            made = render.named(kind, wanted)
            if made is None:
                from_certificate = any(c["spec"]["secretName"] == wanted for c in render.of("Certificate"))
                assert wanted in given or from_certificate, f"{pod.name} names the {kind} {wanted}, and nobody makes it"
            else:
                held = (made.get("data") or {}).keys() | (made.get("stringData") or {}).keys()
                assert keys <= held, f"{pod.name}: {kind} {wanted} holds no {keys - held}"


def _named_by(pod):
    """(kind, name, keys) of all that a pod reads."""
    for volume in pod.spec.get("volumes") or []:
        sources = volume["projected"]["sources"] if "projected" in volume else [volume]
        for source in sources:
            for kind, field, called in (("Secret", "secret", "secretName"), ("ConfigMap", "configMap", "name")):
                if field in source:
                    named = source[field].get(called) or source[field].get("name")
                    yield kind, named, {item["key"] for item in source[field].get("items") or []}
    for container in pod.containers():
        for source in container.spec.get("envFrom") or []:
            for kind, field in (("Secret", "secretRef"), ("ConfigMap", "configMapRef")):
                if field in source:
                    yield kind, source[field]["name"], set()
        for variable in container.spec.get("env") or []:
            for kind, field in (("Secret", "secretKeyRef"), ("ConfigMap", "configMapKeyRef")):
                if field in variable.get("valueFrom", {}):
                    yield kind, variable["valueFrom"][field]["name"], {variable["valueFrom"][field]["key"]}
    for pull in pod.spec.get("imagePullSecrets") or []:
        yield "Secret", pull["name"], set()


def test_every_service_account_is_made_or_named_in_the_values(name):
    render = rendered(name)
    for pod in render.pods():
        account = pod.spec["serviceAccountName"]
        known = render.named("ServiceAccount", account) or account in {"default", *strings(values_of(name))}
        assert known, f"{pod.name}: {account}"
    for account in render.of("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False, account["metadata"]["name"]


def test_every_mount_has_its_volume_and_every_volume_a_mount(name):
    for pod in rendered(name).pods():
        claims = pod.owner["spec"].get("volumeClaimTemplates", []) if pod.owner["kind"] == "StatefulSet" else []
        volumes = {v["name"] for v in pod.spec.get("volumes") or []} | {c["metadata"]["name"] for c in claims}
        mounts = [m for c in pod.containers() for m in c.spec.get("volumeMounts") or []]
        assert {mount["name"] for mount in mounts} == volumes, pod.name
        for container in pod.containers():
            paths = [mount["mountPath"] for mount in container.spec.get("volumeMounts") or []]
            assert len(paths) == len(set(paths)), container.name


def test_no_variable_stands_twice(name):
    for container in rendered(name).containers():
        names = [variable["name"] for variable in container.spec.get("env") or []]
        assert len(names) == len(set(names)), container.name


def test_every_route_leads_to_a_port_of_a_service(name):
    render = rendered(name)
    for kind, service, port in _routes(render):
        found = render.named("Service", service)
        assert found, f"{kind} leads to {service}, which is none"
        ports = {p["port"] for p in found["spec"]["ports"]} | {p["name"] for p in found["spec"]["ports"]}
        assert port in ports, f"{kind}: {service} has no port {port}"


def _routes(render):
    for ingress in render.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                yield "Ingress", backend["name"], backend["port"].get("number") or backend["port"]["name"]
    for route in render.of("HTTPRoute", "GRPCRoute"):
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                yield route["kind"], backend["name"], backend["port"]


def test_every_servicemonitor_finds_services_and_their_port(name):
    """The job of a series is the Service's name, which the alerts count on."""
    render = rendered(name)
    for monitor in render.of("ServiceMonitor"):
        chosen = [
            service
            for service in render.of("Service")
            if monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        ]
        assert chosen, monitor["metadata"]["name"]
        for service in chosen:
            names = {port["name"] for port in service["spec"]["ports"]}
            assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= names, service["metadata"]["name"]
        assert "jobLabel" not in monitor["spec"], "without one, the job is the Service's name"

"""The ring of the design, as NetworkPolicies: each arrow is allowed at both ends, and nothing else is."""

import pytest
import yaml
from chart.reach import ANYWHERE, arrows, of
from chart.rendering import CHART, CI_FILES, rendered

SCHEMAS = ("window-scheduler", "call-dispatcher", "journal")
RING = {
    ("call-dispatcher", "window-scheduler", 9090),  # may I dial now, and which number?
    ("voice-gateway", "window-scheduler", 9090),  # how is this person addressed?
    ("voice-gateway", "journal", 9090),  # turns and audio, while the call runs
    *(("portal", to, 9090) for to in SCHEMAS),  # what a person's pages show and change
    ("portal", "voice-gateway", 9090),  # how a name is said
    *((who, "nats", 4222) for who in (*SCHEMAS, "window-scheduler-tick", "voice-gateway", "portal")),
    *((who, "postgresql", 5432) for who in (*SCHEMAS, "portal", "window-scheduler-tick", "journal-retention")),
    *((f"{who}-migrate", "postgresql", 5432) for who in (*SCHEMAS, "portal")),
    # the operators' commands, and `helm test`, look at everything and are looked at by nobody
    *((who, to, port) for who in ("toolbox", "test") for to in SCHEMAS for port in (9090, 9091)),
    *(("toolbox", to, 8080) for to in SCHEMAS),
    *((who, "voice-gateway", 8000) for who in ("toolbox", "test")),
    *((who, "portal", 8080) for who in ("toolbox", "test")),
    ("test", "portal", 8000),
    *((who, "nats", 4222) for who in ("toolbox", "test")),
    # the outside world, where emulators play it
    ("call-dispatcher", "emulators-twilio", 8081),
    ("emulators-twilio", "voice-gateway", 8000),
    ("voice-gateway", "emulators-google-speech", 8082),
    ("voice-gateway", "emulators-google-tts", 8083),
    ("voice-gateway", "emulators-gemini", 8084),
    ("journal", "emulators-gemini", 8084),  # an entry is described
}  # fmt: skip

REACH_OUTSIDE = {"call-dispatcher", "voice-gateway", "journal", "journal-retention", "portal"}

with_policies = pytest.mark.parametrize("name", [name for name in CI_FILES if rendered(name).of("NetworkPolicy")])


def test_some_values_make_policies():
    assert any(rendered(name).of("NetworkPolicy") for name in CI_FILES)


@with_policies
@pytest.mark.parametrize("end", ["Egress", "Ingress"])
def test_the_ring_and_nothing_else(name, end):
    """At either end by itself, so that neither counts on the other to refuse."""
    render = rendered(name)
    present = {pod.component for pod in render.pods()}
    expected = {(one, other, port) for one, other, port in RING if {one, other} <= present}
    seen = arrows(render, end)
    assert expected - seen == set(), "these cannot reach what they need"
    assert seen - expected == set(), "these reach what they do not need"


@with_policies
def test_every_pod_is_ruled_in_both_directions(name):
    render = rendered(name)
    for pod in render.pods():
        for direction in ("Ingress", "Egress"):
            assert of(render, pod, direction), f"{pod.name}: {direction} is open"


@with_policies
def test_every_pod_finds_names(name):
    render = rendered(name)
    for pod in render.pods():
        rules = [rule for policy in of(render, pod, "Egress") for rule in policy["spec"].get("egress") or []]
        asked = {(port.get("protocol", "TCP"), port["port"]) for rule in rules for port in rule.get("ports") or []}
        assert {("UDP", 53), ("TCP", 53)} <= asked, f"{pod.name} cannot ask DNS"


@with_policies
def test_people_come_to_the_pages_and_never_to_their_probes_and_metrics(name):
    render = rendered(name)
    peers = yaml.safe_load((CHART / "values.yaml").read_text())["networkPolicy"]["ingress"]
    [portal] = [pod for pod in render.pods() if pod.component == "portal"]
    rules = [rule for policy in of(render, portal, "Ingress") for rule in policy["spec"].get("ingress") or []]
    assert [rule["ports"] for rule in rules if rule["from"] == peers] == [[{"port": 8000}]]


@with_policies
def test_the_open_internet_is_for_those_who_need_it(name):
    """The carrier, Google, the object store, an OpenID provider: by TLS, and never to an address inside the cluster."""
    render = rendered(name)
    for pod in render.pods():
        for policy in of(render, pod, "Egress"):
            for rule in policy["spec"].get("egress") or []:
                blocks = [peer["ipBlock"] for peer in rule.get("to") or [] if "ipBlock" in peer]
                if any(block["cidr"] == ANYWHERE for block in blocks):
                    assert pod.component in REACH_OUTSIDE, pod.name
                    assert {port["port"] for port in rule["ports"]} <= {443}, pod.name
                    assert all(block.get("except") for block in blocks), f"{pod.name}: the cluster's own addresses"


def test_an_openid_provider_is_reached_where_it_is():
    render = rendered("everything-on")
    [portal] = [pod for pod in render.pods() if pod.component == "portal"]
    rules = [rule for policy in of(render, portal, "Egress") for rule in policy["spec"].get("egress") or []]
    inside = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "accounts"}}}]
    assert [rule["ports"] for rule in rules if rule.get("to") == inside] == [[{"port": 8443}]]

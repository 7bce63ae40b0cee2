"""Who reaches whom through a render's NetworkPolicies, decided as Kubernetes does: both ends must allow it."""

from collections.abc import Iterator
from ipaddress import ip_network

from chart.rendering import Object, Pod, Rendered

Arrow = tuple[str, str, int]
"""From the pods of one component to those of another, at a port."""

ANYWHERE = "0.0.0.0/0"
A_POD = ip_network("10.42.0.0/24")
"""Where a cluster's pods usually live; a rule for the open internet that leaves such addresses out reaches no pod."""


def arrows(render: Rendered, *ends: str) -> set[Arrow]:
    """All connections between the pods of the release that the policies let through, at the ends "Egress" and "Ingress"."""
    lets = {"Egress": _lets_out, "Ingress": _lets_in}
    found = set()
    for one in render.pods():
        for other in render.pods():
            for port, name in ports(other):
                if other is not one and all(lets[end](render, one, other, port, name) for end in ends):
                    found.add((one.component, other.component, port))
    return found


def ports(pod: Pod) -> Iterator[tuple[int, str]]:
    for container in pod.containers():
        for port in container.spec.get("ports") or []:
            yield port["containerPort"], port["name"]


def of(render: Rendered, pod: Pod, direction: str) -> list[Object]:
    """The policies that rule a pod in one direction, "Ingress" or "Egress"."""
    return [
        policy
        for policy in render.of("NetworkPolicy")
        if _selects(policy["spec"]["podSelector"], pod.labels) and direction in policy["spec"]["policyTypes"]
    ]


def _lets_out(render: Rendered, one: Pod, other: Pod, port: int, name: str) -> bool:
    ruling = of(render, one, "Egress")
    return not ruling or any(
        _matches(rule, "to", other, port, name) for policy in ruling for rule in policy["spec"].get("egress") or []
    )


def _lets_in(render: Rendered, one: Pod, other: Pod, port: int, name: str) -> bool:
    ruling = of(render, other, "Ingress")
    return not ruling or any(
        _matches(rule, "from", one, port, name) for policy in ruling for rule in policy["spec"].get("ingress") or []
    )


def _matches(rule: Object, side: str, peer: Pod, port: int, name: str) -> bool:
    open_ports = {each["port"] for each in rule.get("ports") or []}
    if open_ports and not open_ports & {port, name}:
        return False
    return not rule.get(side) or any(_is(wanted, peer) for wanted in rule[side])


def _is(wanted: Object, pod: Pod) -> bool:
    if block := wanted.get("ipBlock"):
        left_out = [ip_network(each) for each in block.get("except") or []]
        return A_POD.subnet_of(ip_network(block["cidr"])) and not any(A_POD.subnet_of(each) for each in left_out)
    if wanted.get("namespaceSelector"):
        # the release's own namespace could bear the labels only by an operator's hand
        return False
    return _selects(wanted.get("podSelector") or {}, pod.labels)


def _selects(selector: Object, labels: dict[str, str]) -> bool:
    chosen = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    for expression in selector.get("matchExpressions") or []:
        held, values = labels.get(expression["key"]), expression.get("values") or []
        match expression["operator"]:
            case "In":
                chosen &= held in values
            case "NotIn":
                chosen &= held not in values
            case "Exists":
                chosen &= held is not None
            case "DoesNotExist":
                chosen &= held is None
    return chosen

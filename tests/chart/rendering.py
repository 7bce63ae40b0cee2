"""The chart as Helm renders it: every values file of deploy/helm/daybook/ci, and any other values, as objects to look at."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy/helm/daybook"
HELMS = ("helm3", "helm4")
OLDEST, NEWEST = "1.29", "1.37"
"""The versions of Kubernetes that the chart is held to."""

CI_FILES = {path.name.removesuffix("-values.yaml"): path for path in sorted(CHART.glob("ci/*-values.yaml"))}
"""What an installation may look like, by name."""

Object = dict[str, Any]


class NotRendered(Exception):
    """Helm refused; the text is what it said."""


def helm(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [ROOT / ".venv/tools" / program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise NotRendered(done.stderr + done.stdout)
    return done.stdout


@cache
def template(values_file: Path | None, program: str = "helm4", kube_version: str = NEWEST, *more: str) -> str:
    """What `helm template` prints; the release is called daybook, as the documents call it.

    Raises:
        NotRendered: the chart refuses these values.
    """
    values = ["--values", str(values_file)] if values_file else []
    return helm(
        program,
        "template",
        "daybook",
        str(CHART),
        "--namespace=daybook",
        f"--kube-version={kube_version}",
        *values,
        *more,
    )


@dataclass(frozen=True)
class Container:
    """One container of a pod. `starts_first` tells an init container."""

    pod: "Pod"
    spec: Object
    starts_first: bool

    @property
    def name(self) -> str:
        return f"{self.pod.name}/{self.spec['name']}"

    @property
    def program(self) -> str:
        """The last part of the image's name: journal, emulators, nats."""
        return str(self.spec["image"]).split("@")[0].rsplit("/", 1)[-1].split(":")[0]

    @property
    def stays(self) -> bool:
        """Whether it is there to run until it is stopped."""
        return not self.starts_first and self.pod.owner["kind"] in {"Deployment", "StatefulSet", "DaemonSet"}


@dataclass(frozen=True)
class Pod:
    """A pod, or the template of one."""

    owner: Object
    template: Object

    @property
    def name(self) -> str:
        return f"{self.owner['kind']}/{self.owner['metadata']['name']}"

    @property
    def spec(self) -> Object:
        return self.template["spec"]

    @property
    def labels(self) -> dict[str, str]:
        return self.template["metadata"]["labels"]

    @property
    def component(self) -> str:
        return self.labels["app.kubernetes.io/component"]

    def containers(self) -> Iterator[Container]:
        for spec in self.spec.get("initContainers") or []:
            yield Container(self, spec, starts_first=True)
        for spec in self.spec["containers"]:
            yield Container(self, spec, starts_first=False)


@dataclass(frozen=True)
class Rendered:
    """All objects that one set of values makes."""

    objects: tuple[Object, ...]

    def of(self, *kinds: str) -> list[Object]:
        return [thing for thing in self.objects if thing["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object | None:
        return next((thing for thing in self.of(kind) if thing["metadata"]["name"] == name), None)

    def pods(self) -> list[Pod]:
        return [Pod(thing, pod) for thing in self.objects if (pod := pod_template(thing))]

    def containers(self) -> list[Container]:
        return [container for pod in self.pods() for container in pod.containers()]


def pod_template(thing: Object) -> Object | None:
    """The pods that an object makes, if it makes any."""
    match thing["kind"]:
        case "Pod":
            return thing
        case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
            return thing["spec"]["template"]
        case "CronJob":
            return thing["spec"]["jobTemplate"]["spec"]["template"]
    return None


@cache
def rendered(name: str) -> Rendered:
    """The objects that a values file of ci/ makes."""
    return parsed(template(CI_FILES[name]))


class _Loader(yaml.CSafeLoader):
    """Reads as Kubernetes does: `=` is a text, and a key that stands twice is an error, where YAML lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:value", yaml.CSafeLoader.construct_scalar)


def parsed(text: str) -> Rendered:
    return Rendered(tuple(thing for thing in yaml.load_all(text, Loader=_Loader) if thing))


def rendered_with(values: Object, base: Path | None = None) -> Rendered:
    """The objects that these values make, over those of a file.

    Raises:
        NotRendered: the chart refuses them.
    """
    return parsed(template_with(values, base=base))


def template_with(values: Object, base: Path | None = None, program: str = "helm4") -> str:
    with NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        return template.__wrapped__(base, program, NEWEST, f"--values={file.name}")

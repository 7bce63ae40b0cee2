"""Every values file of ci/ renders with both Helms on the oldest and the newest Kubernetes, to objects that both accept."""

import json
from functools import cache

import pytest
import yaml
from chart.own_schemas import SCHEMAS, faults
from chart.rendering import CHART, CI_FILES, HELMS, NEWEST, OLDEST, helm, parsed, rendered, template
from chart.settled import settled
from kubernetes_validate import SchemaNotFoundError, ValidationError, utils, validate

# it reads all of Kubernetes' definitions again for each object, two megabytes of them
utils.schema_contents = cache(utils.schema_contents)

pytestmark = pytest.mark.parametrize("name", CI_FILES)


@pytest.mark.parametrize("program", HELMS)
def test_helm_finds_nothing_to_complain_of(name, program):
    said = helm(program, "lint", "--strict", str(CHART), "--namespace=daybook", f"--values={CI_FILES[name]}")
    assert "0 chart(s) failed" in said
    assert "[WARNING]" not in said, said


@pytest.mark.parametrize("kube_version", [OLDEST, NEWEST])
def test_both_helms_render_the_same(name, kube_version):
    one, other = (settled(parsed(template(CI_FILES[name], program, kube_version))) for program in HELMS)
    assert one == other


@pytest.mark.parametrize("kube_version", [OLDEST, NEWEST])
def test_kubernetes_accepts_every_object(name, kube_version):
    for thing in parsed(template(CI_FILES[name], HELMS[-1], kube_version)).objects:
        found = _faults(json.dumps(thing, sort_keys=True), kube_version)
        assert not found, f"{_told(thing)}: {found}"


@cache
def _faults(text: str, kube_version: str) -> list[str]:
    """What is wrong with an object; most objects are the same in many values files and need one look."""
    thing = json.loads(text)
    known = thing["kind"] in SCHEMAS
    try:
        validate(thing, kube_version, strict=True)
    except SchemaNotFoundError:
        # a custom resource, which only our own schema can speak for
        return faults(thing) if known else [f"there is no schema for {thing['kind']}: add one in tests/chart/schemas"]
    except ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message}"]
    return faults(thing)


def _told(thing):
    return f"{thing['kind']}/{thing['metadata']['name']}"


def test_every_object_belongs_to_the_release(name):
    """Its name begins with the release's and its labels are the chart's; the operator's own `extraObjects` are as they are."""
    extra = (yaml.safe_load(CI_FILES[name].read_text()) or {}).get("extraObjects") or []
    ours = [
        thing for thing in rendered(name).objects if "app.kubernetes.io/part-of" in thing["metadata"].get("labels", {})
    ]
    assert len(rendered(name).objects) - len(ours) == len(extra)
    for thing in ours:
        assert thing["metadata"]["name"].startswith("daybook"), _told(thing)
        assert len(thing["metadata"]["name"]) <= (52 if thing["kind"] == "CronJob" else 63), _told(thing)
        assert thing["metadata"]["labels"]["app.kubernetes.io/instance"] == "daybook", _told(thing)
        assert {"app.kubernetes.io/name", "app.kubernetes.io/component"} <= thing["metadata"]["labels"].keys(), _told(
            thing
        )
        assert thing["metadata"].get("namespace", "daybook") == "daybook", _told(thing)
    assert len({_told(thing) for thing in ours}) == len(ours)

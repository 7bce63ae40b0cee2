"""An upgrade from the last release goes through: nothing that Kubernetes holds fast changes, nothing that holds data goes."""

import pytest
import yaml
from chart.immutable import RELEASED, immutable, keeps_data
from chart.rendering import CI_FILES, rendered, rendered_with

SNAPSHOT = yaml.safe_load(RELEASED.read_text())["objects"]


@pytest.mark.parametrize("name", SNAPSHOT)
def test_nothing_changes_that_may_not(name):
    assert name in CI_FILES, "installations like this one are there, and still have to be upgraded"
    now = immutable(rendered(name))
    for thing, fixed in SNAPSHOT[name].items():
        if thing in now:
            assert now[thing] == fixed, f"Kubernetes refuses this change of {thing}: let it have another name"
        else:
            assert not keeps_data(thing), f"an upgrade would take {thing} away, and its data with it"


@pytest.mark.parametrize("name", CI_FILES)
def test_a_job_that_changes_is_another_job(name):
    """A Job's pods cannot be changed, so its name has to follow from them."""
    newer = rendered_with({"image": {"tag": "9.9.9"}}, CI_FILES[name])
    assert not _jobs(rendered(name)) & _jobs(newer)


def _jobs(render):
    return {
        job["metadata"]["name"]
        for job in render.of("Job")
        if "helm.sh/hook" not in (job["metadata"].get("annotations") or {})
    }


@pytest.mark.parametrize("name", CI_FILES)
def test_no_selector_changes_with_the_version(name):
    for thing in rendered(name).of("Deployment", "StatefulSet"):
        assert thing["spec"]["selector"]["matchLabels"].keys() <= {
            "app.kubernetes.io/name",
            "app.kubernetes.io/instance",
            "app.kubernetes.io/component",
        }

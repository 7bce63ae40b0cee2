"""JSON schemas of our own: for custom resources, whose definitions no package brings, and for what Kubernetes' own let pass.

A file of tests/chart/schemas is named for the kind that it describes, and `PodSpec` for every pod.
"""

from pathlib import Path

import yaml
from chart.rendering import Object, pod_template
from jsonschema import Draft202012Validator

SCHEMAS = {
    path.stem: Draft202012Validator(yaml.safe_load(path.read_text()))
    for path in Path(__file__).with_name("schemas").glob("*.yaml")
}


def faults(thing: Object) -> list[str]:
    """What our own schemas find wrong with an object, each with the place."""
    found = []
    if thing["kind"] in SCHEMAS:
        found += SCHEMAS[thing["kind"]].iter_errors(thing)
    if pod := pod_template(thing):
        found += SCHEMAS["PodSpec"].iter_errors(pod["spec"])
    return [f"{error.json_path}: {error.message}" for error in found]

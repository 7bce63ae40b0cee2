"""What Kubernetes lets nobody change in an object that is there: a chart that changes it can be installed and not upgraded to.

`python -m chart.immutable` writes released.yaml anew, which is part of a release and of nothing else.
"""

from pathlib import Path
from typing import Any

import yaml
from chart.rendering import CHART, CI_FILES, Object, Rendered, rendered

RELEASED = Path(__file__).with_name("released.yaml")
_HEAD = """\
# What an upgrade may not change of the release named here, by the values files of ci/ as they were then.
# Written anew with each release, by `make chart-released`; a pull request that changes this file breaks somebody's upgrade.
"""


def immutable(render: Rendered) -> dict[str, Any]:
    """By object, what has to stay as it is for as long as it is called so."""
    found = {f"{thing['kind']}/{thing['metadata']['name']}": _fixed(thing) for thing in render.objects}
    return {name: fixed for name, fixed in sorted(found.items()) if fixed}


def _fixed(thing: Object) -> Any:
    spec = thing.get("spec") or {}
    match thing["kind"]:
        case "Deployment":
            return {"selector": spec["selector"]}
        case "StatefulSet":
            claims = [
                {"name": claim["metadata"]["name"], "spec": claim["spec"]}
                for claim in spec.get("volumeClaimTemplates") or []
            ]
            return {"selector": spec["selector"], "serviceName": spec["serviceName"], "volumeClaimTemplates": claims}
        case "PersistentVolumeClaim":
            return {key: spec[key] for key in ("accessModes", "storageClassName", "volumeMode") if key in spec}
        case "Service":
            return {"headless": spec.get("clusterIP") == "None"}
        case "Secret":
            return {"type": thing.get("type", "Opaque")}
    return None


def keeps_data(name: str) -> bool:
    """Whether an object holds what is lost when an upgrade takes it away."""
    return name.split("/", maxsplit=1)[0] in {"StatefulSet", "PersistentVolumeClaim", "Secret"}


if __name__ == "__main__":
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]
    snapshot = {"release": version, "objects": {name: immutable(rendered(name)) for name in CI_FILES}}
    RELEASED.write_text(_HEAD + yaml.safe_dump(snapshot, sort_keys=True, width=120))

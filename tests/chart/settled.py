"""A render without what differs from one run or one release of the chart to the next: for comparing, and for people to read.

`python -m chart.settled` (make chart-golden) writes deploy/helm/daybook/examples/*/rendered.yaml anew.
"""

import base64
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from chart.rendering import CHART, CI_FILES, Object, Rendered, rendered

EXAMPLES = CHART / "examples"
_HEAD = "# What ci/{name}-values.yaml renders to. Made by `make chart-golden`; secrets and checksums are left out.\n"


def settled(render: Rendered) -> str:
    """All objects as YAML, in the order of kind and name."""
    things = [_settled(thing) for thing in render.objects]
    things.sort(key=lambda thing: (thing["kind"], thing["metadata"]["name"]))
    return yaml.dump_all(things, Dumper=_Dumper, sort_keys=True, width=10_000, allow_unicode=True)


def golden(name: str) -> Path:
    return EXAMPLES / name / "rendered.yaml"


def example(name: str) -> str:
    return _HEAD.format(name=name) + settled(rendered(name))


def _settled(thing: Object) -> Object:
    thing = deepcopy(thing)
    if thing["kind"] == "Secret":
        # names and the length of what is random stay in sight: a password that became shorter is a change
        for part in ("data", "stringData"):
            if part in thing:
                thing[part] = {key: _secret(part, value) for key, value in thing[part].items()}
    if thing["kind"] == "ConfigMap":
        thing["data"] = {key: _files().get(value.strip(), value) for key, value in (thing.get("data") or {}).items()}
    return _without_versions(thing)


def _secret(part: str, value: str) -> str:
    text = base64.b64decode(value).decode() if part == "data" else value
    return "(a certificate or key)" if text.startswith("-----BEGIN") else f"(secret, {len(text)} characters)"


def _without_versions(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _settled_entry(key, value) for key, value in part.items()}
    if isinstance(part, list):
        return [_without_versions(item) for item in part]
    return part


def _settled_entry(key: str, value: Any) -> Any:
    if key.startswith("checksum/"):
        return "(checksum)"
    if key == "helm.sh/chart":
        return "(chart and version)"
    return _without_versions(value)


@cache
def _files() -> dict[str, str]:
    """The chart's files by what is in them; where one stands whole in a ConfigMap, its name is enough to read."""
    return {
        path.read_text().strip(): f"(the file {path.relative_to(CHART)})"
        for path in CHART.rglob("*")
        if path.suffix in {".json", ".yaml", ".sql", ".sh"} and "examples" not in path.parts
    }


class _Dumper(yaml.CSafeDumper):
    """Texts of many lines stay texts of many lines."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


if __name__ == "__main__":
    for name in CI_FILES:
        golden(name).parent.mkdir(parents=True, exist_ok=True)
        golden(name).write_text(example(name))

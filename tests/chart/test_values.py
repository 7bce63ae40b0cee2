"""values.yaml, its schema, the templates that use it and the README that lists it tell of the same keys."""

import importlib.util
import json
import re

import pytest
import yaml
from chart.rendering import CHART, CI_FILES, ROOT

_spec = importlib.util.spec_from_file_location("values_table", ROOT / "deploy/helm/values_table.py")
values_table = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(values_table)

TEXT = (CHART / "values.yaml").read_text()
VALUES = values_table.values(TEXT)
PATHS = {value.path for value in VALUES}
LEAVES = [value for value in VALUES if not value.holds_more]
TEMPLATES = "\n".join(
    re.sub(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", "", path.read_text(), flags=re.DOTALL)
    for folder in ("templates", "alerts")
    for path in sorted((CHART / folder).rglob("*"))
    if path.suffix in {".yaml", ".tpl", ".txt"}
)
USED = {
    tuple(match.split(".")) for match in re.findall(r"(?:\.Values|\$values)\.([A-Za-z0-9_.]*[A-Za-z0-9_])", TEMPLATES)
}
"""The paths that templates name whole, from `.Values` on."""


def schema():
    return json.loads((CHART / "values.schema.json").read_text())


def resolved(part):
    while "$ref" in part:
        found = schema()
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = {**found, **{key: value for key, value in part.items() if key != "$ref"}}
    return part


def test_every_value_is_explained():
    explained = {value.path for value in VALUES if value.told}
    bare = [v.key for v in LEAVES if not any(v.path[:length] in explained for length in range(1, len(v.path) + 1))]
    assert bare == [], "each needs a comment `# -- …` above it"


def test_every_value_is_in_the_schema():
    assert [value.key for value in VALUES if not _in_schema(resolved(schema()), value.path)] == []


def _in_schema(part, path):
    for name in path:
        part = resolved(part)
        if name not in part.get("properties", {}):
            # a map whose keys are the operator's: labels, annotations, node selectors
            return isinstance(part.get("additionalProperties"), dict) or _is_free(part)
        part = part["properties"][name]
    return True


def _is_free(part):
    """A map of Kubernetes' own shape, which the schema leaves to Kubernetes."""
    return part.get("type") == "object" and "properties" not in part and part.get("additionalProperties") is not False


def test_a_typo_anywhere_is_refused():
    """Every map with keys of ours takes no other key."""
    assert [path for path, part in _maps(schema(), ()) if part.get("additionalProperties") is not False] == []


def _maps(part, path):
    part = resolved(part)
    if "properties" in part:
        yield ".".join(path), part
        for name, inner in part["properties"].items():
            yield from _maps(inner, (*path, name))


def test_the_schema_knows_no_value_that_is_none():
    """A key that the schema takes and values.yaml does not have is one that nobody can find."""
    missing = []
    for path, part in _maps(schema(), ()):
        below = tuple(path.split(".")) if path else ()
        held = next((v for v in VALUES if v.path == below), None)
        if held is not None and not held.holds_more:
            continue  # an empty map or a list, whose entries are the operator's
        missing += [".".join((*below, name)) for name in part["properties"] if (*below, name) not in PATHS]
    assert sorted(set(missing) - {"global"}) == []


def test_every_value_is_used():
    """Each that is explained: of the entries of a map that becomes YAML as it is, the map alone is."""
    outer = {v.path[:length] for v in VALUES if v.told for length in range(1, len(v.path))}
    assert [v.key for v in VALUES if v.told and v.path not in outer and not _is_used(v.path)] == []


def _is_used(path):
    """Whether a template names the path, or takes a map that holds it and names the rest, or makes YAML of what holds it."""
    if any(used[: len(path)] == path for used in USED):
        return True
    taken = [path[length:] for length in range(1, len(path)) if path[:length] in USED]
    return any(_named(rest) or any(_made_yaml(rest[:length]) for length in range(1, len(rest))) for rest in taken)


def _named(rest):
    """Each of the names, also where a variable or `dig` holds what is between: `$image := .values.image`, `$image.repository`."""
    return all(re.search(rf"(?<!Values)\.{name}\b|\"{name}\"", TEMPLATES) for name in rest)


def _made_yaml(rest):
    return re.search(r"toYaml \S*\." + r"\.".join(rest) + r"(?![\w.])", TEMPLATES) is not None


def test_every_value_that_a_template_names_exists():
    free = {value.path for value in VALUES if value.default == {}}
    unknown = [path for path in USED if path not in PATHS and not any(path[: len(f)] == f for f in free)]
    assert sorted(".".join(path) for path in unknown) == []


def test_the_table_in_the_readme_is_current():
    readme = (CHART / "README.md").read_text()
    assert readme == values_table.page(readme, TEXT), "Run: make chart-docs"


@pytest.mark.parametrize("name", CI_FILES)
def test_a_values_file_sets_only_what_differs(name):
    """It is read as an example: a line that repeats the default says nothing."""
    given = yaml.safe_load(CI_FILES[name].read_text()) or {}
    defaults = {value.path: value.default for value in LEAVES}
    assert [".".join(path) for path, value in _leaves(given, ()) if path in defaults and defaults[path] == value] == []


def _leaves(part, path):
    if isinstance(part, dict) and part:
        for name, inner in part.items():
            yield from _leaves(inner, (*path, name))
    else:
        yield path, part


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# -- One line.\na: 1\n", {"a": "One line."}),
        ("# -- Two\n# lines.\na: 1\n", {"a": "Two lines."}),
        ("# no explanation\na: 1\n", {"a": ""}),
        ("# -- Far away.\n\na: 1\n", {"a": ""}),
        ("# -- Outer.\na:\n  # -- Inner.\n  b: {}\n", {"a": "Outer.", "a.b": "Inner."}),
    ],
)
def test_the_comment_right_above_a_key_explains_it(text, told):
    assert {value.key: value.told for value in values_table.values(text)} == told

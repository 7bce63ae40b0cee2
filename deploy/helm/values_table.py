"""The table of the chart's values in its README, made from the comments of values.yaml. `make chart-docs` runs it.

A comment that begins with `# --`, above a key, says what the key is; a key without one is explained by the nearest above it.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).with_name("daybook")
README = CHART / "README.md"
BEGIN, END = "<!-- values: made by `make chart-docs` -->", "<!-- end of values -->"


@dataclass(frozen=True)
class Value:
    """One key of values.yaml.

    Attributes:
        path: its names from the outermost in.
        default: what stands there.
        told: its own comment, or "" where it has none.
        holds_more: it is a map of keys that are Values too.
    """

    path: tuple[str, ...]
    default: Any
    told: str
    holds_more: bool

    @property
    def key(self) -> str:
        return ".".join(name.replace(".", "\\.") for name in self.path)


def values(text: str) -> list[Value]:
    """Every key of a values file, in its order."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_values(root, yaml.safe_load(text), (), text.splitlines()))


def _values(node: yaml.Node | None, data: Any, path: tuple[str, ...], lines: list[str]) -> Iterator[Value]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        inner = (*path, key.value)
        more = isinstance(value, yaml.MappingNode) and bool(value.value)
        yield Value(inner, data[key.value], _told(lines, key.start_mark.line), more)
        yield from _values(value, data[key.value], inner, lines)


def _told(lines: list[str], at: int) -> str:
    """The comment right above a line, from its last `# --` on."""
    told: list[str] = []
    for line in reversed(lines[:at]):
        comment = line.strip()
        if not comment.startswith("#"):
            break
        told.insert(0, comment.lstrip("#").strip())
        if comment.startswith("# --"):
            return " ".join(told).removeprefix("--").strip()
    return ""


def table(text: str) -> str:
    """The table: a row for every key that has a comment of its own."""
    listed = values(text)
    rows = ["| key | default | what it is |", "|---|---|---|"]
    for value in listed:
        if value.told:
            inside = any(
                other.told for other in listed if other.path[: len(value.path)] == value.path and other != value
            )
            rows.append(
                f"| `{value.key}` | {'' if inside else _default(value.default)} | {value.told.replace('|', chr(92) + '|')} |"
            )
    return "\n".join(rows)


def _default(default: Any) -> str:
    return "`" + json.dumps(default, ensure_ascii=False).replace("|", "\\|") + "`"


def page(readme: str, text: str) -> str:
    """The README with its table made anew.

    Raises:
        ValueError: the two marks between which the table stands are not there.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"README.md of the chart has to hold the lines {BEGIN} and {END}; the table goes between them")
    return f"{before}{begin}\n\n{table(text)}\n\n{end}{after}"


def main() -> int:
    README.write_text(page(README.read_text(), (CHART / "values.yaml").read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

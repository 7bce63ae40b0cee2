from typing import Any

import pytest

from emulators.errors import UnknownSchema
from emulators.gemini.schema import problems

OBJECT = {
    "type": "OBJECT",
    "properties": {
        "kind": {"$ref": "#/$defs/Kind"},
        "note": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}, "max_items": 2},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "count": {"type": "INTEGER", "nullable": True},
    },
    "required": ["kind"],
    "$defs": {"Kind": {"enum": ["a", "b"], "type": "string", "title": "Kind"}},
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"kind": "a"}, []),
        ({"kind": "a", "note": None, "tags": ["x"], "score": 0.5, "count": None}, []),
        ({}, ["$.kind is required"]),
        ({"kind": "c"}, ["$.kind is to be one of 'a', 'b'"]),
        ({"kind": "a", "note": "long"}, ["$.note fits none of its alternatives"]),
        ({"kind": "a", "tags": ["x", 1]}, ["$.tags[1] is to be of type string"]),
        ({"kind": "a", "tags": ["x", "y", "z"]}, ["$.tags is to have maxItems 2"]),
        ({"kind": "a", "score": -1}, ["$.score is to have minimum 0"]),
        ({"kind": "a", "score": True}, ["$.score is to be of type number"]),
        ({"kind": "a", "count": 1.5}, ["$.count is to be of type INTEGER"]),
        ({"kind": "a", "more": 1}, ["$ has no place for more"]),
        ([], ["$ is to be of type OBJECT"]),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(value: Any, found: list[str]) -> None:
    assert problems(value, OBJECT) == found


def test_an_empty_schema_fits_all() -> None:
    assert problems({"any": ["thing"]}, {}) == []
    assert problems("b", {"const": "a"}) == ["$ is to be 'a'"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "tuple"}, "the type 'tuple' at \\$"),
        ({"allOf": []}, "the keyword 'allOf' at \\$"),
        ({"$ref": "#/$defs/None"}, "leads nowhere"),
        ({"$ref": "https://example.org/schema"}, "leads nowhere"),
    ],
)
def test_a_shape_that_is_not_understood_is_refused(schema: dict[str, Any], text: str) -> None:
    with pytest.raises(UnknownSchema, match=text):
        problems("a", schema)

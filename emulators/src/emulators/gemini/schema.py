"""Does a value fit a JSON schema, of the part of JSON Schema that Gemini's structured output knows (pure).

Both spellings are read: `responseJsonSchema` (JSON Schema) and `responseSchema` (the OpenAPI one, types in capitals).
https://ai.google.dev/gemini-api/docs/structured-output lists the keywords.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulators.errors import UnknownSchema

Schema = Mapping[str, Any]

_ANNOTATIONS = {
    "title",
    "description",
    "default",
    "propertyOrdering",
    "format",
    "$schema",
    "$defs",
}
_RULES = {
    *("type", "enum", "const", "nullable", "anyOf", "$ref", "properties", "required", "additionalProperties", "items"),
    *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}


def problems(value: Any, schema: Schema) -> list[str]:
    """What in the value does not fit, each with its place; nothing where all fits.

    Raises:
        UnknownSchema: the schema uses a keyword, a type or a reference that is not understood.
    """
    return list(_problems(value, schema, schema, "$"))


def _problems(value: Any, written: Schema, root: Schema, at: str) -> Iterator[str]:
    schema = {_camel(keyword): content for keyword, content in written.items()}
    unknown = sorted(set(schema) - _ANNOTATIONS - _RULES)
    if unknown:
        raise UnknownSchema(f"the keyword {unknown[0]!r} at {at} is not understood: leave it out of the schema")
    if "$ref" in schema:
        yield from _problems(value, _referenced(schema["$ref"], root), root, at)
        return
    if value is None and schema.get("nullable"):
        return
    if "anyOf" in schema:
        alternatives = [list(_problems(value, alternative, root, at)) for alternative in schema["anyOf"]]
        if all(alternatives):
            yield f"{at} fits none of its alternatives"
        return
    if not _is_of_type(value, schema, at):
        yield f"{at} is to be of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is to be one of {', '.join(map(repr, schema['enum']))}"
    if "const" in schema and value != schema["const"]:
        yield f"{at} is to be {schema['const']!r}"
    yield from _out_of_bounds(value, schema, at)
    if isinstance(value, dict):
        yield from _object_problems(value, schema, root, at)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from _problems(item, schema["items"], root, f"{at}[{number}]")


def _camel(keyword: str) -> str:
    """Keywords of `responseSchema` are fields of protobuf, which google-genai writes as `max_length`."""
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), keyword)


def _referenced(reference: str, root: Schema) -> Schema:
    place, _, name = reference.rpartition("/")
    definitions: Mapping[str, Schema] = root.get("$defs", {})
    if place != "#/$defs" or name not in definitions:
        raise UnknownSchema(f"the reference {reference!r} leads nowhere: define it below $defs")
    return definitions[name]


def _is_of_type(value: Any, schema: Schema, at: str) -> bool:
    if "type" not in schema:
        return True
    name = str(schema["type"]).lower()
    if name not in _TYPES:
        raise UnknownSchema(f"the type {schema['type']!r} at {at} is not understood: use one of {', '.join(_TYPES)}")
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _out_of_bounds(value: Any, schema: Schema, at: str) -> Iterator[str]:
    size: float | None = None
    low, high = "minimum", "maximum"
    if isinstance(value, str):
        size, low, high = len(value), "minLength", "maxLength"
    elif isinstance(value, list):
        size, low, high = len(value), "minItems", "maxItems"
    elif isinstance(value, int | float):
        size = value
    if size is not None and size < schema.get(low, size):
        yield f"{at} is to have {low} {schema[low]}"
    if size is not None and size > schema.get(high, size):
        yield f"{at} is to have {high} {schema[high]}"


def _object_problems(value: dict[str, Any], schema: Schema, root: Schema, at: str) -> Iterator[str]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    required: Sequence[str] = schema.get("required", ())
    for name in required:
        if name not in value:
            yield f"{at}.{name} is required"
    for name, content in value.items():
        if name in properties:
            yield from _problems(content, properties[name], root, f"{at}.{name}")
        elif schema.get("additionalProperties") is False or (properties and "additionalProperties" not in schema):
            yield f"{at} has no place for {name}"

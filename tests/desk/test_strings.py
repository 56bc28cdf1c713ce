"""Texts of the desk: both languages, every label, and no HTML in scripts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.api.audit_log import Action
from app.portal.desk.router import DESK_FILES
from app.resources.keys.schemas import KeyState
from tests.support.openapi import committed_openapi

PLURAL_FORMS = re.compile(r"(?<!^value)\.(one|few|many|other)$")
DERIVED_FIELDS = re.compile(r"_(precision|uncertain|ru)$")
SCRIPTS = {
    name: path.read_text("utf-8") for name, path in DESK_FILES.files.items() if path.suffix == ".js"
}
STRINGS: dict[str, dict[str, str]] = {
    language: json.loads(DESK_FILES.files[f"strings/{language}.json"].read_text("utf-8"))
    for language in ("en", "ru")
}
FORMS = re.compile(r'schema: "(\w+)"|getSchema\("(\w+)"\)')
"""Names of the schemas from which forms are made."""


def text_keys(language: str) -> set[str]:
    """Keys of the texts, without their plural forms."""
    return {PLURAL_FORMS.sub("", key) for key in STRINGS[language]}


def test_texts_are_in_both_languages() -> None:
    assert text_keys("en") == text_keys("ru")
    russian_plurals = {key for key in STRINGS["ru"] if PLURAL_FORMS.search(key)}
    stems = {PLURAL_FORMS.sub("", key) for key in russian_plurals}
    expected = {f"{stem}.{form}" for stem in stems for form in ("one", "few", "many", "other")}
    assert russian_plurals == expected


def test_texts_exist_and_are_used() -> None:
    source = "\n".join(SCRIPTS.values())
    literals = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', source))
    called = set(re.findall(r'(?:text|counted)\("([a-z_.]+)"', source))
    assert called - text_keys("en") == set()
    templates = set(re.findall(r"`([\w.]*\$\{[\w.]+(?: \|\| \"\w+\")?\}[\w.]*)`", source))
    pattern = "|".join(re.sub(r"\\\$\\\{.*?\\\}", r"[\\w:.-]+", re.escape(t)) for t in templates)
    prefixes = tuple(re.findall(r'startsWith\("([a-z]+\.)"\)', source))
    dead = {
        key
        for key in text_keys("en") - literals
        if not re.fullmatch(pattern, key) and not key.startswith(prefixes)
    }
    assert dead == set()


def schema_names(schemas: dict[str, Any], name: str, seen: set[str]) -> None:
    """Add `name` and the names of all schemas that it refers to."""
    if name not in seen:
        seen.add(name)
        for referred in re.findall(r"#/components/schemas/(\w+)", json.dumps(schemas[name])):
            schema_names(schemas, referred, seen)


def labels_of_forms() -> Iterator[str]:
    """Keys of the labels of all fields and values that forms show."""
    schemas = committed_openapi()["components"]["schemas"]
    seen: set[str] = set()
    for groups in FORMS.findall("\n".join(SCRIPTS.values())):
        schema_names(schemas, "".join(groups), seen)
    for name in seen - {"Scope", "MissionCrew"}:  # scopes are shown as they are
        properties = schemas[name].get("properties", {})
        yield from (f"field.{DERIVED_FIELDS.sub('', field)}" for field in properties)
        for schema in [schemas[name], *properties.values()]:
            yield from (f"value.{value}" for value in schema.get("enum", []) if value)


def test_fields_and_values_have_labels() -> None:
    labels = set(labels_of_forms())
    assert {"field.launch_at", "field.person", "value.planned", "value.day"} <= labels
    assert labels - text_keys("en") == set()


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("value", KeyState),
        # These have no revision: they are entries about keys, webhooks and whole archives.
        ("action", set(Action) - {Action.REVOKE, Action.TEST, Action.REDELIVER}),
    ],
)
def test_values_of_lists_have_labels(prefix: str, values: set[str]) -> None:
    assert {f"{prefix}.{value}" for value in values} - text_keys("en") == set()


def test_html_is_parsed_in_one_place() -> None:
    parsers = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser")
    assert {name for name, source in SCRIPTS.items() if parsers.search(source)} == {"dom.js"}

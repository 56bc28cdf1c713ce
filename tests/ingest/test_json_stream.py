"""Streaming JSON reader: values, source texts and lines of items in every layout."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ingest.entries import InvalidInput
from app.ingest.json_stream import MAX_JSON_ITEM_CHARS, READ_CHUNK_BYTES, JsonItem, iter_json_items
from tests.support import import_runs

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
OBJECTS = st.lists(st.dictionaries(st.text(), VALUES, min_size=1), min_size=1, max_size=5)


def found(text: str | bytes) -> list[JsonItem]:
    data = text.encode() if isinstance(text, str) else text
    return list(iter_json_items(lambda: BytesIO(data)))


def values(text: str) -> list[Any]:
    return [item.value for item in found(text)]


@given(OBJECTS, st.sampled_from([None, 1, 4]))
@pytest.mark.slow
def test_list_items_round_trip(objects: list[Any], indent: int | None) -> None:
    text = json.dumps(objects, indent=indent)
    assert values(text) == objects
    assert [json.loads(item.raw) for item in found(text)] == objects


@pytest.mark.slow
@given(OBJECTS)
def test_response_items_round_trip(objects: list[Any]) -> None:
    assert values(json.dumps({"count": 1, "results": objects}, indent=1)) == objects


@given(OBJECTS)
@pytest.mark.slow
def test_json_lines_round_trip(objects: list[Any]) -> None:
    text = "\n\n".join(json.dumps(each) for each in objects)
    assert values(text) == objects
    assert [item.line for item in found(text)] == [2 * n + 1 for n in range(len(objects))]


def test_single_multi_line_object_is_one_item() -> None:
    assert values(json.dumps({"a": 1, "b": [1, 2]}, indent=1)) == [{"a": 1, "b": [1, 2]}]


def test_items_larger_than_chunk_are_read() -> None:
    objects = [{"text": "é" * (2 * READ_CHUNK_BYTES)} for _ in range(3)]
    assert values(json.dumps(objects, ensure_ascii=False)) == objects
    assert values("\n".join(json.dumps(each) for each in objects)) == objects


@pytest.mark.parametrize("broken", ['{"a": }', '{"a": NaN}', "{", "[" * 200_000])
def test_invalid_line_does_not_affect_others(broken: str) -> None:
    items = found(f'{{"n": 1}}\n{broken}\n{{"n": 3}}\n')
    assert [item.value for item in items] == [{"n": 1}, None, {"n": 3}]
    assert items[1].problem
    assert (items[1].line, items[1].raw) == (2, broken)


def test_invalid_first_line_does_not_affect_others() -> None:
    assert values('{"n": }\n{"n": 2}\n') == [None, {"n": 2}]


def test_invalid_list_item_does_not_affect_others() -> None:
    items = found('[{"n": 1},\n {"n": },\n {"n": 3}]')
    assert [item.value for item in items] == [{"n": 1}, None, {"n": 3}]
    assert (items[1].line, items[1].raw) == (2, '{"n": }')


@pytest.mark.parametrize("broken", ['{"n": 2], {"n": 3}]', '{"n": "2\n"}, {"n": 3}]', "}, 3]"])
def test_unbalanced_item_makes_rest_one_problem(broken: str) -> None:
    items = found(f'[{{"n": 1}},\n{broken}')
    assert [item.value for item in items] == [{"n": 1}, None]
    assert (items[1].line, items[1].raw) == (2, broken)


def test_truncated_character_at_end_is_reported() -> None:
    items = found(b'[{"n": 1}]\xc3')
    assert [item.value for item in items] == [{"n": 1}, None]
    assert items[1].raw.encode(errors="surrogateescape") == b"\xc3"


def test_unclosed_list_is_reported() -> None:
    assert [item.problem for item in found('[{"n": 1}')] == [
        None,
        "Invalid JSON: the list is not closed.",
    ]


def test_unclosed_item_is_split_into_bounded_pieces() -> None:
    broken = '{"a": "' + "x" * (3 * MAX_JSON_ITEM_CHARS)
    items = found("[" + broken)
    assert all(item.problem and len(item.raw) <= MAX_JSON_ITEM_CHARS for item in items)
    assert "".join(item.raw for item in items) == broken


@pytest.mark.parametrize(
    ("text", "all_of_it"),
    [
        ('{"results": [{"n": 1}]}\n{"results": [{"n": 2}], "next": {"a": []}}', [1, 2]),
        ('[{"n": 1}] [{"n": 2}]', [1, 2]),
        ('[{"n": 1}] {"n": 2}', [1, 2]),
        ('{\n"n": 1\n}\n{\n"n": 2\n}', [1, 2]),
        ('{"n": 1}\n{"n": 2, "a": {"results": [3]}}', [1, 2]),
        ('{"n": 1, "a": [{"results": [3]}]}', [1]),
        ('{"a":\n{"b":\n{"n": 1}', [None, None, 1]),
        ('{"a": [1,\n{"n": 2}\n{"n": 3}\n', [None, 2, 3]),
        ('{"a": "results", "results": [{"n": "]}"}]}', ["]}"]),
    ],
)
def test_mixed_documents_yield_every_item(text: str, all_of_it: list[Any]) -> None:
    assert [each and each["n"] for each in values(text)] == all_of_it


@pytest.mark.parametrize(
    "broken",
    ['{"a": 1, "a": 2}', '{"a": 1e999}', '{"a": "\\ud800"}', b'{"a": "\xff"}', "9" * 5000, "{]"],
)
def test_nonportable_json_is_reported(broken: str | bytes) -> None:
    data = broken.encode() if isinstance(broken, str) else broken
    items = found(b'{"n": 1}\n' + data + b'\n{"n": "\\ud83d\\ude00"}')
    assert [item.problem is None for item in items] == [True, False, True]
    assert items[1].raw.encode(errors="surrogateescape") == data


@pytest.mark.parametrize("text", ["", "text", "<a/>", b"\xff\xfe\x00"])
def test_non_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        found(text)


def test_envelope_restores_document() -> None:
    from app.ingest.formats.snapi import FORMAT  # noqa: PLC0415 - any format of JSON

    for text in ('[{"n": 1}]', '{"results": [{"n": 1}]}', '{"n": 1}\n{"n": 2}'):
        frame = FORMAT.read_envelope(import_runs.make_input(text))
        again = frame.prefix + frame.separator.join(['{"n": 1}', '{"n": 2}']) + frame.suffix
        assert values(again) == [{"n": 1}, {"n": 2}]

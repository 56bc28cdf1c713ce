"""Items of JSON: whole, each with its text and its line, however they are written."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importers.entries import Unreadable
from app.importers.json_items import LONGEST, PART, JsonItem, items
from tests.importers import inputs

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
OBJECTS = st.lists(st.dictionaries(st.text(), VALUES, min_size=1), min_size=1, max_size=5)


def found(text: str | bytes) -> list[JsonItem]:
    data = text.encode() if isinstance(text, str) else text
    return list(items(lambda: BytesIO(data)))


def values(text: str) -> list[Any]:
    return [item.value for item in found(text)]


@given(OBJECTS, st.sampled_from([None, 1, 4]))
def test_a_list_comes_back_whole(objects: list[Any], indent: int | None) -> None:
    text = json.dumps(objects, indent=indent)
    assert values(text) == objects
    assert [json.loads(item.raw) for item in found(text)] == objects


@given(OBJECTS)
def test_an_answer_comes_back_whole(objects: list[Any]) -> None:
    assert values(json.dumps({"count": 1, "results": objects}, indent=1)) == objects


@given(OBJECTS)
def test_lines_come_back_whole(objects: list[Any]) -> None:
    text = "\n\n".join(json.dumps(each) for each in objects)
    assert values(text) == objects
    assert [item.line for item in found(text)] == [2 * n + 1 for n in range(len(objects))]


def test_one_object_over_many_lines() -> None:
    assert values(json.dumps({"a": 1, "b": [1, 2]}, indent=1)) == [{"a": 1, "b": [1, 2]}]


def test_items_larger_than_a_part() -> None:
    objects = [{"text": "é" * (2 * PART)} for _ in range(3)]
    assert values(json.dumps(objects, ensure_ascii=False)) == objects
    assert values("\n".join(json.dumps(each) for each in objects)) == objects


@pytest.mark.parametrize("broken", ['{"a": }', '{"a": NaN}', "{", "[" * 200_000])
def test_a_broken_line_takes_no_other_along(broken: str) -> None:
    told = found(f'{{"n": 1}}\n{broken}\n{{"n": 3}}\n')
    assert [item.value for item in told] == [{"n": 1}, None, {"n": 3}]
    assert told[1].problem
    assert (told[1].line, told[1].raw) == (2, broken)


def test_a_broken_first_line_takes_no_other_along() -> None:
    assert values('{"n": }\n{"n": 2}\n') == [None, {"n": 2}]


def test_the_rest_of_a_broken_list_is_one_problem() -> None:
    told = found('[{"n": 1},\n {"n": },\n {"n": 3}]')
    assert [item.value for item in told] == [{"n": 1}, None]
    assert told[1].raw.endswith('{"n": 3}]')


def test_a_list_without_end() -> None:
    assert [item.problem for item in found('[{"n": 1}')] == [None, "The list does not end."]


def test_an_item_without_end_is_bounded() -> None:
    (told,) = found('[{"a": "' + "x" * (3 * LONGEST))
    assert told.problem
    assert len(told.raw) <= 2 * LONGEST


@pytest.mark.parametrize("text", ["", "text", "<a/>", b"\xff\xfe\x00"])
def test_what_is_no_json(text: str | bytes) -> None:
    with pytest.raises(Unreadable):
        found(text)


def test_a_frame_makes_what_it_was() -> None:
    from app.importers.snapi import FORMAT  # noqa: PLC0415 - any format of JSON

    for text in ('[{"n": 1}]', '{"results": [{"n": 1}]}', '{"n": 1}\n{"n": 2}'):
        frame = FORMAT.frame(inputs.given(text))
        again = frame.before + frame.between.join(['{"n": 1}', '{"n": 2}']) + frame.after
        assert values(again) == [{"n": 1}, {"n": 2}]

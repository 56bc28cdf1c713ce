"""Caches of functions: bounded in bytes, whatever clients send."""

import ast
import inspect
import re
import tracemalloc
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pkgutil import walk_packages
from random import choices
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest
from starlette.testclient import TestClient

import app
from app.domain.bounded_cache import MAX_ENTRY_BYTES, BoundedCache, bounded_cache, bounded_caches
from tests.support.paths import ROOT
from tests.support.servers import wait_for

for _module in walk_packages(app.__path__, "app."):
    import_module(_module.name)

CACHES = sorted(
    {cache.name: cache for cache in bounded_caches() if cache.function.__module__[:4] == "app."}
    .items()
)  # fmt: skip
LABELS = "metrics.request_histogram"
"""Prometheus never forgets a label: not called with invented values here."""


def decorated_functions() -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """File, definition and decorator of each function of the application that has decorators."""
    for file in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    yield file.name, node, ast.unparse(decorator)


TEXT_ANNOTATION = re.compile(r"(?<!\[)\b(str|bytes)\b|(tuple|frozenset)\[str\b|^Any$")


def takes_text(function: ast.FunctionDef) -> bool:
    """Whether a parameter is a text, whose length the annotation does not bound."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    annotations = [ast.unparse(each.annotation) for each in arguments if each.annotation]
    return any(TEXT_ANNOTATION.search(annotation) for annotation in annotations)


FINITE = {
    "day_counts.py:_select_days_near",  # validated codes of languages; 64 entries at most
    "day_counts.py:_select_all_days",
    "sitemap_queries.py:_select_sitemap_entries",  # three names; others raise KeyError
    "date_filters.py:_compare",  # names of parameters, which the code has
    "date_filters.py:_is_in",
    "filters.py:_has_link",
    "filters.py:_value_branch",
    "current_store.py:_connect",  # a setting
}
"""Functions whose text parameters have few values."""


@pytest.mark.slow
def test_functions_of_text_have_no_lru_cache() -> None:
    """Positive control: the functions that have a `bounded_cache` take texts."""
    with_lru_cache, with_bounded_cache = set(), set()
    for file, function, decorator in decorated_functions():
        if takes_text(function):
            if decorator.startswith(("lru_cache", "cache", "functools")):
                with_lru_cache.add(f"{file}:{function.name}")
            elif decorator.startswith("bounded_cache"):
                with_bounded_cache.add(function.name.strip("_"))
    assert with_lru_cache == FINITE
    assert {name.partition(".")[2] for name, _ in CACHES} - {"client"} <= with_bounded_cache
    assert len(with_bounded_cache) >= 14


def arguments(function: Any, size: int, numbers: Iterator[int]) -> tuple[Any, ...]:
    """New arguments for `function`: texts of `size` characters."""
    hints = get_type_hints(function)

    def value(hint: Any) -> Any:
        if isinstance(hint, UnionType):
            hint = get_args(hint)[0]
        text = f"{next(numbers):09}".translate(LETTERS)
        return {str: text.ljust(size, "x"), bytes: text.encode().ljust(size, b"x"), int: 200}[hint]

    return tuple(value(hints[name]) for name in inspect.signature(function).parameters)


def long_blocks() -> int:
    """Number of blocks of memory, allocated while traced, that can hold a text of 30 KB."""
    return sum(trace.size > 20_000 for trace in tracemalloc.take_snapshot().traces)


def test_long_blocks_are_counted() -> None:
    """Positive control: texts that a function keeps."""
    tracemalloc.start()
    try:
        kept = [str(number) * 30_000 for number in range(10)]
        assert long_blocks() >= len(kept)
    finally:
        tracemalloc.stop()


LETTERS = str.maketrans("0123456789", "abcdefghij")


@pytest.mark.slow
@pytest.mark.parametrize("cache", [pytest.param(cache, id=name) for name, cache in CACHES])
def test_cache_of_long_texts_is_bounded(cache: BoundedCache[Any, Any]) -> None:
    """Texts of 30 KB are not kept. Positive control: short ones are, up to the limit."""
    if cache.name == LABELS:
        pytest.skip("Prometheus keeps labels")
    numbers = count()
    cache(*arguments(cache.function, 20, numbers))
    before = cache.entry_count
    tracemalloc.start()
    try:
        for _ in range(40):
            cache(*arguments(cache.function, 30_000, numbers))
        assert long_blocks() < 10
    finally:
        tracemalloc.stop()
    assert cache.entry_count <= before + 40
    assert cache.size_bytes <= cache.max_bytes
    again = arguments(cache.function, 20, numbers)
    assert cache(*again) == cache(*again)
    assert cache.entry_count > 0


def test_size_of_cache_is_bounded() -> None:
    max_bytes = 2**20
    cache = bounded_cache(max_bytes)(lambda text, number: (text.upper(), number))
    tracemalloc.start()
    try:
        for number in range(20_000):
            text = f"{number:0500}"
            assert cache(text, number) == (text, number)
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert max_bytes / 4 < cache.size_bytes <= max_bytes
    assert used < 1.3 * max_bytes
    assert cache.size_bytes / cache.entry_count < MAX_ENTRY_BYTES


def test_cached_results_are_reused() -> None:
    calls: list[str | None] = []

    @bounded_cache(10_000)
    def echo(text: str | None) -> str | None:
        calls.append(text)
        return text

    for text in ("a", "b", None, "a", "b", None):
        assert echo(text) == text
    assert calls == ["a", "b", None]
    for number in range(200):  # "a" is used again and again, "b" is not
        echo(str(number))
        echo("a")
    assert calls.count("a") == 1
    echo("b")
    assert calls.count("b") == 2
    long = "x" * MAX_ENTRY_BYTES
    assert echo(long) == echo(long)
    assert calls.count(long) == 2


def test_metrics_show_sizes_of_caches(archive: TestClient) -> None:
    client = TestClient(archive.app, client=("127.0.0.1", 50_000))
    word = "".join(choices("abcdefghijklmnopqrstuvwxyz", k=20))  # other tests empty some caches
    client.get(f"/v1/search?q={word}")
    lines = dict(
        line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#"
    )
    for name in ("store.canonical_key", "tokenizer.tokenize_word", "logging.encode_fields"):
        entries = float(lines[f'zarya_function_cache_entries{{function="{name}"}}'])
        size = float(lines[f'zarya_function_cache_bytes{{function="{name}"}}'])
        assert entries > 0
        assert size > 100 * entries
    assert "zarya_event_streams" in lines


def test_metrics_show_the_response_cache(archive: TestClient) -> None:
    client = TestClient(archive.app, client=("127.0.0.1", 50_000))

    def has_entries() -> bool:
        """A response is not cached while a busy machine delays the number of the last change."""
        client.get("/v1/missions")
        entries = re.search(r"^zarya_cache_entries (.+)$", client.get("/metrics").text, re.M)
        return entries is not None and float(entries[1]) > 0

    wait_for(has_entries, 10)

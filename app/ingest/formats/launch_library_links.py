"""Webcasts and pages about launches of Launch Library 2."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.api.write_models import HttpsUrlStr
from app.domain.enums import LinkKind
from app.ingest.formats.launch_library_vocabulary import LANGUAGE_CODE, words_of
from app.ingest.json_values import list_at, object_at, text_at

_LISTS = (
    ("vid_urls", LinkKind.WEBCAST),
    ("vidURLs", LinkKind.WEBCAST),
    ("info_urls", LinkKind.INFORMATION),
    ("infoURLs", LinkKind.INFORMATION),
)
"""Names of the lists, in version 2.3 and before it, and the kind of their links."""

_URL_ADAPTER = TypeAdapter[str](HttpsUrlStr)


def parse_links(value: Mapping[str, Any], notes: list[str]) -> list[dict[str, Any]] | None:
    """Links of a launch, each URL once; None if the record has no lists of them.

    Links without an https URL are left out, with a note.
    """
    names = [(name, kind) for name, kind in _LISTS if name in value]
    if not names:
        return None
    links: dict[str, dict[str, Any]] = {}
    for name, kind in names:
        for item in list_at(value, name):
            url = item.strip() if isinstance(item, str) else text_at(item, "url")
            try:
                url = _URL_ADAPTER.validate_python(url)
            except ValidationError:
                notes.append(f"The link {url[:200]!r} was left out: it is no https URL.")
                continue
            links.setdefault(url, {"url": url, **_describe(item, kind)})
    return list(links.values())


def _describe(item: Any, kind: LinkKind) -> dict[str, Any]:
    fields = object_at({"item": item}, "item")
    if "press kit" in " ".join(words_of(fields.get("type"))).casefold():
        kind = LinkKind.PRESS_KIT
    code = text_at(fields, "language", "code").casefold()
    return {
        "kind": kind,
        "language": code if LANGUAGE_CODE.fullmatch(code) else None,
        "live": fields.get("live") is True,
    }


def parse_probability(value: Mapping[str, Any]) -> int | None:
    """Probability of permitting weather in percent; the source writes -1 if it is unknown."""
    stated = value.get("probability")
    is_percentage = isinstance(stated, int) and not isinstance(stated, bool) and 0 <= stated <= 100
    return stated if is_percentage else None

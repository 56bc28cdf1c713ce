"""HTML rendering of the portal's pages, from the templates that browsers render too."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from anyio import to_thread
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from app.api.embeds.media import Image
from app.api.links import in_language
from app.config import current_settings
from app.domain.languages import Language, current_language, explicit_language
from app.portal.assets import PORTAL_HEADERS, TEMPLATES_DIRECTORY, get_asset_version
from app.portal.template_filters import (
    PAGE_PATH_SEGMENTS,
    SHARED_FILTERS,
    UI_STRINGS,
    TemplateFilters,
    build_page_path,
    day_of,
    get_base_path,
)


class TemplateEnvironment(Environment):
    """Jinja environment that escapes every value; `a.b` reads the key of a dict, as in browsers."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


def _build_environment(language: Language) -> TemplateEnvironment:
    environment = TemplateEnvironment(
        loader=FileSystemLoader(TEMPLATES_DIRECTORY),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=lambda value: "" if value is None else value,
    )
    filters = TemplateFilters(language)
    environment.filters |= {each.__name__: each for each in (*filters.all(), *SHARED_FILTERS)}
    other = next(each for each in Language if each != language)
    environment.globals |= {"lang": language, "other_language": other, "t": filters.strings}
    return environment


_TAG_PATTERN = re.compile(r"(<[^>]*>)")
TEMPLATE_ENVIRONMENTS = {language: _build_environment(language) for language in Language}


async def compile_templates() -> None:
    """Compile all templates in a thread, one after the other, before a page needs them.

    Compiling one takes up to 0.1 s, which would block the event loop in a page request.
    """
    for environment in TEMPLATE_ENVIRONMENTS.values():
        for name in environment.list_templates():
            await to_thread.run_sync(environment.get_template, name)


class PageRenderer:
    """Renderer of the page that answers one request."""

    def __init__(self, request: Request) -> None:
        query = request.scope["query_string"].decode("latin-1")
        path: str = request.scope["path"]
        self.current_path = get_base_path() + quote(path) + (f"?{query}" if query else "")

    def render(
        self,
        template: str,
        *requests: str,
        calendar_path: Sequence[str] = (),
        canonical_path: str | None = None,
        description: str | None = None,
        kind: str = "website",
        translations: Mapping[str, str] | None = None,
        structured_data: Mapping[str, Any] | None = None,
        image: Image | None = None,
        cache_control: str | None = None,
        **context: Any,
    ) -> Response:
        """Render `template` with `context`, and the frame of the page around it.

        `requests` are the API requests for the same data, shown in the footer; `calendar_path` is
        the page that links of the calendar lead to. `description`, `kind` (`og:type`) and an
        `image` of the library are for search engines and link previews. `translations` are the
        URLs of the page by language, if parameters do not choose the language; `structured_data`
        is JSON-LD.
        """
        canonical_url = canonical_path and current_settings().base_url + canonical_path
        rendered = _render_template(
            template,
            **_link_functions(calendar_path),
            here=self.current_path,
            kept_lang=explicit_language(),
            **{name: _to_json_value(value) for name, value in context.items()},
        )
        main = explain_abbreviations(rendered, UI_STRINGS[current_language()]["abbreviations"])
        page = _render_template(
            "page",
            to=_page_path,
            main=Markup(main),  # noqa: S704 - a template's
            title=_extract_heading(main),
            description=description,
            kind=kind,
            image=image.url if image and image.srcset else None,
            base=get_base_path(),
            web=f"{get_base_path()}/web/{get_asset_version()}",
            here=self.current_path,
            time_zone=current_settings().time_zone,
            address=canonical_url,
            requests=requests,
            alternates=translations or _language_variants(canonical_url),
            structured_data=structured_data and _to_script(structured_data),
            webcal=f"webcal://{current_settings().base_url.partition('://')[2]}",
        )
        headers = PORTAL_HEADERS | ({"Cache-Control": cache_control} if cache_control else {})
        return HTMLResponse(page, headers=headers)


def _language_variants(url: str | None) -> dict[str, str]:
    """URLs of a page by language, which its parameter `lang` chooses."""
    return {language: in_language(url, language) for language in Language} if url else {}


def _to_script(data: Mapping[str, Any]) -> Markup:
    """JSON that is safe in a `<script>` element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - no tag can begin in it


def _render_template(template: str, **context: Any) -> str:
    environment = TEMPLATE_ENVIRONMENTS[current_language()]
    return environment.get_template(f"{template}.html").render(context)


def explain_abbreviations(html: str, titles: Mapping[str, str]) -> str:
    """Put the first occurrence of each abbreviation in `html` into `<abbr>`, with its title."""
    pending = dict(titles)
    word = re.compile(rf"(?<![\w-])(?:{'|'.join(titles)})(?![\w-])")

    def mark(match: re.Match[str]) -> str:
        title = pending.pop(match[0], None)
        return f'<abbr title="{title}">{match[0]}</abbr>' if title else match[0]

    parts = _TAG_PATTERN.split(html)  # every second one is a tag
    return "".join(part if n % 2 else word.sub(mark, part) for n, part in enumerate(parts))


def _page_path(*segments: str, **parameters: str | None) -> str:
    """Path of a page, in the language that the request names by `lang`."""
    return build_page_path(*segments, **parameters, lang=explicit_language())


def _link_functions(calendar_path: Sequence[str]) -> dict[str, Callable[..., str]]:
    """Functions by which templates make links to other pages."""

    def month_path(month: str, day: str | None = None) -> str:
        if calendar_path == ("archive",):
            return _page_path("archive", month, day=day)
        return _page_path(*calendar_path, month=month, day=day)

    return {
        "to": _page_path,
        "of_month": month_path,
        "to_found": result_path,
        "to_event": _event_path,
    }


def result_path(item: dict[str, Any]) -> str:
    """Path of the page that shows a search result."""
    match item["type"]:
        case "media":  # it has no page
            return str(item["url"])
        case "stay":
            return _page_path("station", on=day_of(item["at"], item["at_precision"]))
    return _page_path(PAGE_PATH_SEGMENTS[item["type"]], item["slug"])


def _event_path(event: dict[str, Any]) -> str:
    """Path of the page about an event of the timeline."""
    if event["kind"] == "spacewalk":
        return _page_path("spacewalks", urlsplit(event["url"]).path.rsplit("/", 1)[1])
    if event["launch"]:
        return _page_path("launches", event["launch"]["slug"])
    if event["mission"]:
        return _page_path("missions", event["mission"]["slug"])
    return _page_path("station")


def _to_json_value(value: Any) -> Any:
    """`value` as the API returns it in JSON, which is what templates get in browsers."""
    return (
        json.loads(value.model_dump_json(by_alias=True)) if isinstance(value, BaseModel) else value
    )


def _extract_heading(main: str) -> str:
    """Text of the first heading, used as the page title."""
    start = main.index(">", main.index("<h1")) + 1
    return Markup(main[start : main.index("</h1>")]).striptags()  # noqa: S704 - a template's


async def _get_page_renderer(request: Request) -> PageRenderer:
    return PageRenderer(request)


PageRendererDep = Annotated[PageRenderer, Depends(_get_page_renderer)]

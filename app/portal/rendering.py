"""The portal's screens as HTML: the templates that browsers fill too, filled here for a start."""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from app.config import get_settings
from app.domain.languages import Language, current_language, explicit_language
from app.portal import assets, template_filters
from app.portal.assets import PORTAL_HEADERS
from app.portal.template_filters import TemplateFilters


class TemplateEnvironment(Environment):
    """Jinja, escaping every value, with a dot that means the key of a dict before its methods."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


def _build_environment(speech: Language) -> TemplateEnvironment:
    made = TemplateEnvironment(
        loader=FileSystemLoader(assets.TEMPLATES_DIRECTORY),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=lambda value: "" if value is None else value,
    )
    spoken = TemplateFilters(speech)
    for own in (
        spoken.when,
        spoken.date,
        spoken.counted,
        spoken.country,
        spoken.agency,
        spoken.language,
    ):
        made.filters[own.__name__] = own
    for shared in (
        template_filters.weeks,
        template_filters.twelve,
        template_filters.weight,
        template_filters.day_number,
        template_filters.short,
        template_filters.clocked,
        template_filters.cursor,
        template_filters.parts,
        template_filters.in_language,
    ):
        made.filters[shared.__name__] = shared
    other = next(each for each in Language if each != speech)
    made.globals |= {"lang": speech, "other_language": other, "t": spoken.strings}
    return made


TEMPLATE_ENVIRONMENTS = {speech: _build_environment(speech) for speech in Language}


class PageRenderer:
    """What answers one request for a page of the portal."""

    def __init__(self, request: Request) -> None:
        query = request.scope["query_string"].decode("latin-1")
        path: str = request.scope["path"]
        self.current_path = (
            template_filters.get_base_path() + quote(path) + (f"?{query}" if query else "")
        )

    def render(
        self,
        template: str,
        *requests: str,
        calendar_path: Sequence[str] = (),
        canonical_path: str | None = None,
        cache_control: str | None = None,
        **shown: Any,
    ) -> Response:
        """The page of a `template`, filled with what is `shown`.

        `requests` are those by which the API gives the same; `place` is where its calendar leads
        to; `address` names the page for good, None where none should; `fresh` is its Cache-Control.
        """

        def to(*segments: str, **parameters: str | None) -> str:
            return template_filters.build_page_path(
                *segments, **parameters, lang=explicit_language()
            )

        def of_month(month: str, day: str | None = None) -> str:
            if calendar_path == ("archive",):
                return to("archive", month, day=day)
            return to(*calendar_path, month=month, day=day)

        main = self._render_template(
            template,
            to=to,
            of_month=of_month,
            to_found=lambda item: to(
                template_filters.PAGE_PATH_SEGMENTS[item["type"]], item["slug"]
            ),
            kept_lang=explicit_language(),
            **{name: _to_json_value(value) for name, value in shown.items()},
        )
        page = self._render_template(
            "page",
            to=to,
            main=Markup(main),  # noqa: S704 - a template's
            title=_extract_heading(main),
            base=template_filters.get_base_path(),
            web=f"{template_filters.get_base_path()}/web/{assets.get_asset_version()}",
            here=self.current_path,
            address=canonical_path and get_settings().base_url + canonical_path,
            requests=requests,
        )
        headers = PORTAL_HEADERS | ({"Cache-Control": cache_control} if cache_control else {})
        return HTMLResponse(page, headers=headers)

    def _render_template(self, template: str, **context: Any) -> str:
        return (
            TEMPLATE_ENVIRONMENTS[current_language()]
            .get_template(f"{template}.html")
            .render(context)
        )


def _to_json_value(value: Any) -> Any:
    """What JSON would say: that is what the templates are filled with in browsers."""
    return (
        json.loads(value.model_dump_json(by_alias=True)) if isinstance(value, BaseModel) else value
    )


def _extract_heading(main: str) -> str:
    """The text of the heading, which is the title of the page too."""
    start = main.index(">", main.index("<h1")) + 1
    return Markup(main[start : main.index("</h1>")]).striptags()  # noqa: S704 - a template's


async def _get_page_renderer(request: Request) -> PageRenderer:
    return PageRenderer(request)


PageRendererDep = Annotated[PageRenderer, Depends(_get_page_renderer)]

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
from app.domain.languages import Speech, asked_for, spoken
from app.portal import assets, template_filters
from app.portal.assets import HEADERS
from app.portal.template_filters import Words


class Templates(Environment):
    """Jinja, escaping every value, with a dot that means the key of a dict before its methods."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)


def _templates(speech: Speech) -> Templates:
    made = Templates(
        loader=FileSystemLoader(assets.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        finalize=lambda value: "" if value is None else value,
    )
    spoken = Words(speech)
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
    other = next(each for each in Speech if each != speech)
    made.globals |= {"lang": speech, "other_language": other, "t": spoken.strings}
    return made


TEMPLATES = {speech: _templates(speech) for speech in Speech}


class Screens:
    """What answers one request for a page of the portal."""

    def __init__(self, request: Request) -> None:
        query = request.scope["query_string"].decode("latin-1")
        path: str = request.scope["path"]
        self.here = template_filters.base() + quote(path) + (f"?{query}" if query else "")

    def answer(
        self,
        template: str,
        *requests: str,
        place: Sequence[str] = (),
        address: str | None = None,
        fresh: str | None = None,
        **shown: Any,
    ) -> Response:
        """The page of a `template`, filled with what is `shown`.

        `requests` are those by which the API gives the same; `place` is where its calendar leads
        to; `address` names the page for good, None where none should; `fresh` is its Cache-Control.
        """

        def to(*segments: str, **parameters: str | None) -> str:
            return template_filters.path(*segments, **parameters, lang=asked_for())

        def of_month(month: str, day: str | None = None) -> str:
            if place == ("archive",):
                return to("archive", month, day=day)
            return to(*place, month=month, day=day)

        main = self._fill(
            template,
            to=to,
            of_month=of_month,
            to_found=lambda item: to(template_filters.FOUND[item["type"]], item["slug"]),
            kept_lang=asked_for(),
            **{name: _plain(value) for name, value in shown.items()},
        )
        page = self._fill(
            "page",
            to=to,
            main=Markup(main),  # noqa: S704 - a template's
            title=_heading(main),
            base=template_filters.base(),
            web=f"{template_filters.base()}/web/{assets.version()}",
            here=self.here,
            address=address and get_settings().origin + address,
            requests=requests,
        )
        headers = HEADERS | ({"Cache-Control": fresh} if fresh else {})
        return HTMLResponse(page, headers=headers)

    def _fill(self, template: str, **context: Any) -> str:
        return TEMPLATES[spoken()].get_template(f"{template}.html").render(context)


def _plain(value: Any) -> Any:
    """What JSON would say: that is what the templates are filled with in browsers."""
    return (
        json.loads(value.model_dump_json(by_alias=True)) if isinstance(value, BaseModel) else value
    )


def _heading(main: str) -> str:
    """The text of the heading, which is the title of the page too."""
    start = main.index(">", main.index("<h1")) + 1
    return Markup(main[start : main.index("</h1>")]).striptags()  # noqa: S704 - a template's


async def _screens(request: Request) -> Screens:
    return Screens(request)


ScreensDep = Annotated[Screens, Depends(_screens)]

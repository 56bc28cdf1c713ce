"""HTML of article bodies: rendered once for each write, before its transaction opens.

A transaction that renders would hold the write lock of SQLite all the while.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from app.api.validation_errors import raise_field_error
from app.domain.languages import tr
from app.domain.markdown import MAX_HTML_CHARS, ForeignImage, TooComplex, render_markdown
from app.resources.articles.schemas import ArticleBody

Rendering = str | TooComplex | ForeignImage
Renderings = Mapping[str, Rendering]
"""By body: its HTML, or why it cannot be rendered."""

_RENDERINGS = "article_renderings"
"""Key of `Session.info` for the `Renderings` of a transaction."""

_BODY_ADAPTER: TypeAdapter[str] = TypeAdapter(ArticleBody)


def render_bodies(bodies: Iterable[object], known: Renderings = MappingProxyType({})) -> Renderings:
    """Render the bodies of documents that are not validated yet; leave out invalid ones.

    Takes `known` renderings as they are. Takes up to 0.4 s for another body: call it in a thread.
    """
    renderings: dict[str, Rendering] = {}
    for value in bodies:
        try:
            body = _BODY_ADAPTER.validate_python(value)
        except ValidationError:
            continue  # refused with all other errors of its document
        if body not in renderings:
            renderings[body] = known[body] if body in known else _render(body)
    return renderings


def set_renderings(session: Session, renderings: Renderings) -> None:
    """Make `renderings` those that `get_body_html` returns in the transaction of `session`."""
    session.info[_RENDERINGS] = renderings


def get_body_html(session: Session, body: str) -> str:
    """HTML of a body, rendered now if it was not before. Raises InvalidRequest."""
    renderings: Renderings = session.info.get(_RENDERINGS, {})
    return _require_html(renderings[body] if body in renderings else _render(body))


def render_body(body: str) -> str:
    """HTML of a body. Raises InvalidRequest. Takes up to 0.4 s: call it in a thread."""
    return _require_html(_render(body))


def _require_html(result: Rendering) -> str:
    """The HTML of a rendering. Raises InvalidRequest if there is none."""
    if isinstance(result, ForeignImage):
        detail = tr(
            f"The paragraph at line {result.line} has an image of another site. Upload it to "
            "/v1/media, and show it by its slug: `![description](media:slug)`.",
            f"В абзаце со строки {result.line} — изображение с другого сайта. Загрузите его в "
            "/v1/media и покажите по имени: `![описание](media:slug)`.",
        )
        raise_field_error("/body", "foreign-image", detail)
    if isinstance(result, TooComplex):
        raise_field_error("/body", "too-complex", _explain(result))
    if not result:
        detail = tr(
            "The text consists of link definitions only.", "В тексте только определения ссылок."
        )
        raise_field_error("/body", "blank", detail)
    return result


def _render(body: str) -> Rendering:
    try:
        return render_markdown(body)
    except (TooComplex, ForeignImage) as error:
        return error


def _explain(error: TooComplex) -> str:
    if error.line is None:
        return tr(
            f"The HTML must not exceed {MAX_HTML_CHARS} characters. Use less markup.",
            f"HTML не может быть длиннее {MAX_HTML_CHARS} знаков. Упростите разметку.",
        )
    return tr(
        f"The Markdown up to line {error.line} is too complex. Use less markup: fewer brackets, "
        "marks of emphasis, table cells and nested lists.",
        f"Разметка до строки {error.line} слишком сложна. Упростите её: меньше скобок, выделений, "
        "ячеек таблиц и вложенных списков.",
    )

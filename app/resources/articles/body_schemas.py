"""Text of an article: its type, and the schemas of its preview."""

from typing import Annotated

from app.api.read_models import ReadModel
from app.api.write_models import MaxChars, NonBlankText, WriteModel, example_config

ArticleBody = Annotated[NonBlankText, MaxChars(100_000)]
"""Text of an article, in Markdown."""


class BodyWrite(WriteModel):
    """Text of an article, to be rendered and not saved."""

    model_config = example_config(body="*Nothing* at all.")

    body: ArticleBody
    """Text in Markdown. HTML in it is escaped."""


class RenderedBody(ReadModel):
    """Text of an article as HTML."""

    html: str
    """Sanitised HTML, as `body_html` of an article with this text."""

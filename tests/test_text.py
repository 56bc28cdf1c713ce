"""Text functions: their shortcuts for common texts change no result."""

from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.text import fold, is_searchable, is_sluggable, slugify

TEXTS = st.text(max_size=20) | st.text("aZ09 .+-'\0\tЖьйЁ\u0301\u0308™\u037a①ー", max_size=5)


@given(TEXTS)
@example("\u0301")  # a mark alone
@example("\u037a")  # a letter of which a space and a mark are left
@example("ь")  # a letter without a transliteration
@example("™")  # no letter, but made of two
@example("+")
def test_checks_equal_results(text: str) -> None:
    assert is_searchable(text) == bool(fold(text))
    assert is_sluggable(text) == bool(slugify(text))


@given(st.text(st.characters(max_codepoint=127)))
@example("A\0B \x1f C")
def test_ascii_text_is_folded_as_any_other(text: str) -> None:
    assert fold(f"{text} é") == f"{fold(text)} e".lstrip()

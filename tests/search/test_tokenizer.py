"""Tokenizer: transliteration, designators, stems; query parser; edit distance."""

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text import fold
from app.search.query_parser import build_full_name_token, parse_query_text
from app.search.spelling import is_one_edit_apart
from app.search.tokenizer import MAX_TOKEN_CHARS, tokenize
from app.search.transliteration import build_transliteration_key, normalize_word


def names(text: str) -> list[str]:
    return [word.name_token for word in tokenize(text)]


def stems(text: str) -> list[str]:
    return [word.text_token for word in tokenize(text)]


@pytest.mark.parametrize(
    "spellings",
    [
        "Овчинин Ovchinin Ovčinin Ovtchinine ОВЧИНИН Oвчинин",
        "Артемьев Artemyev Artemʹev Artem'ev Artemiev Artem’yev",
        "Королёв Королев Korolev Korolyov Korolëv",
        "Юрчихин Yurchikhin Jurčihin Ûrčihin Iurchikhin",
        "Новицкий Novitskiy Novitsky Novickij Novitskii",
        "Рязанский Ryazansky Râzanskij Riazanskii Ryazanskiy",
        "Щербаков Shcherbakov Ŝerbakov",
        "Евгений Yevgeny Evgenij Evgenii Yevgeniy",
        "Алексей Aleksey Alexey Alexei Aleksej",
        "Юрий Yuri Yury Yuriy Iurii Jurij Ûrij",
        "Александр Aleksandr Alexander",
        "Пётр Pyotr Petr Peter",
        "Союз Soyuz Sojuz Soiuz Cоюз",
        "Laliberté Laliberte LALIBERTÉ",
        "Lemaître Lemaitre",
    ],
)
def test_spellings_of_a_name_share_one_token(spellings: str) -> None:
    assert len({tuple(names(spelling)) for spelling in spellings.split()}) == 1


def test_different_names_have_different_tokens() -> None:
    others = "Иванов Иван Петров Пётр Романов Роман Иванишин Кононенко Кондратьев Келли Волков"
    tokens = {build_transliteration_key(normalize_word(name)) for name in others.split()}
    assert len(tokens) == len(others.split())


@pytest.mark.parametrize(
    ("token", "spellings"),
    [
        ("ms11", "MS-11|MS11|ms 11|МС-11|мс11|МС 11|MC-11|MS‑11|MS–11|MS-011"),
        ("m1x10", "M1-10|М1-10|m1-10"),
        ("m12m", "M-12M|М-12М|m12m|M 12M"),
        ("2x1a", "2.1a|2-1A|2.1а|2.1А"),
        ("crs17", "CRS-17|crs 17|CRS17"),
        ("1998x67", "1998-067"),
        ("39a", "39A|39а"),
    ],
)
def test_designator_is_one_token(token: str, spellings: str) -> None:
    for spelling in spellings.split("|"):
        assert names(spelling) == stems(spelling) == [token], spelling


@pytest.mark.parametrize(
    ("double", "joined"),
    [
        ("Kud-Sverchkov", "Kudsverchkov"),
        ("Кудь-Сверчков", "Кудьсверчков"),
        ("Kud‑Sverchkov", "KudSverchkov"),
        ("Saint-Jacques", "SaintJacques"),
        ("Auñón-Chancellor", "AunonChancellor"),
        ("López-Alegría", "LopezAlegria"),
    ],
)
def test_hyphenated_name_has_token_of_one_word(double: str, joined: str) -> None:
    (one,) = tokenize(joined)
    parts = tokenize(f"Anna {double}, and")[1:3]
    for part in parts:
        assert part.compound is not None
        assert (part.compound.name_token, part.compound.text_token) == one[3:5]
    assert [word.compound for word in tokenize(f"{joined} MS-11 - and")] == [None] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("国際宇宙", ["国", "際", "宇", "宙"]),
        ("ステーション7", ["ス", "テ", "ー", "シ", "ョ", "ン", "7"]),
        ("สถานี", ["ส", "ถ", "า", "นี"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("مُحَمَّد 12", ["مُحَمَّد", "12"]),
        ("Διεθνής Σταθμός", ["Διεθνής", "Σταθμός"]),
        ("국제 우주", ["국제", "우주"]),
    ],
)
def test_words_of_other_scripts(text: str, expected: list[str]) -> None:
    assert [text[word.start : word.end] for word in tokenize(text)] == expected


def test_letters_of_other_scripts_have_different_tokens() -> None:
    letters = [chr(point) for point in range(0x4E00, 0x9FFF)]
    assert len({tuple(names(letter)) for letter in letters}) == len(letters)
    assert names("مُحَمَّد") == names("محمد")
    assert names("ΣΤΑΘΜΟΣ") == names("σταθμός")


@pytest.mark.parametrize(
    ("query", "initials", "words"),
    [
        ("Kjell N. Lindgren", 1, 2),
        ("Kjell N Lindgren", 1, 2),
        ("О.Д.Кононенко", 2, 1),
        ("Yu. Malenchenko", 1, 1),
        ("Yu Malenchenko", 0, 2),
        ("A. Gerst", 1, 1),
        ("a spacewalk", 0, 1),
        ("K", 0, 1),
        ("K. L.", 0, 2),
        ("B 7", 0, 2),
        ("M-12M rocket", 0, 2),
        ("Proton-M rocket", 0, 3),
        ("国 際宇", 0, 2),
    ],
)
def test_initials_are_no_terms(query: str, initials: int, words: int) -> None:
    parsed = parse_query_text(query)
    assert (len(parsed.initials), len(parsed.terms)) == (initials, words)


@pytest.mark.parametrize(
    "text",
    [
        "ISS-59",
        "iss 59",
        "МКС-59",
        "мкс59",
        "Expedition 59",
        "59th expedition",
        "fifty-ninth expedition",
        "Expedition fifty-nine",
        "пятьдесят девятая экспедиция",
        "пятьдесят девятой экспедицией",
        "59-я длительная экспедиция",
        "экспедиция МКС-59",
        "экспедиция № 59",
    ],
)
def test_expedition_number_is_one_token(text: str) -> None:
    assert "iss59" in names(text)
    assert build_full_name_token(text) == "_iss59"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("in 2019, at 23:12", ["in", "2019", "at", "23", "12"]),
        ("fifty-nine people", ["fift", "nin", "peopl"]),
        ("ninth mission", ["ninth", "missen"]),
        ("Союз-2", ["souz", "2"]),
        ("a 7", ["a", "7"]),
        ("the crew's 3 tons", ["th", "krev", "3", "tons"]),
    ],
)
def test_other_numbers_are_separate_tokens(text: str, tokens: list[str]) -> None:
    assert names(text) == tokens


@pytest.mark.parametrize(
    "forms",
    [
        "космонавт космонавта космонавты космонавтов космонавтами",
        "стыковка стыковки стыковку стыковкой",
        "docking docked docks dock",
        "station stations station's",
    ],
)
def test_inflected_forms_share_a_stem(forms: str) -> None:
    assert len({tuple(stems(form)) for form in forms.split()}) == 1


@given(st.text(max_size=300))
def test_tokens_are_lowercase_ascii(text: str) -> None:
    for word in tokenize(text):
        for token in (word.name_token, word.text_token):
            assert re.fullmatch(r"[a-z0-9]+", token)
            assert len(token) <= 2 * MAX_TOKEN_CHARS + 10
        assert 0 <= word.start < word.end <= len(text)
    query = parse_query_text(text, ("launch",))
    assert re.fullmatch(r"(_[a-z0-9_]+)?", query.full_name_token)


@given(st.text(alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюя", min_size=3, max_size=12))
def test_case_and_yo_do_not_affect_tokens(name: str) -> None:
    assert names(name.upper()) == names(name) == names(name.replace("ё", "е"))


def one_edit_by_search(one: str, other: str) -> bool:
    """True if one edit changes `one` to `other`, by exhaustive search."""
    letters = set(one + other)
    edits = {one[:n] + one[n + 1 :] for n in range(len(one))}
    edits |= {one[:n] + c + one[n:] for n in range(len(one) + 1) for c in letters}
    edits |= {one[:n] + c + one[n + 1 :] for n in range(len(one)) for c in letters}
    edits |= {one[:n] + one[n + 1] + one[n] + one[n + 2 :] for n in range(len(one) - 1)}
    return other in edits - {one}


def test_one_edit_distance_of_examples() -> None:
    words = [
        "abc",
        "ab",
        "acb",
        "bac",
        "abd",
        "abcd",
        "xabc",
        "axbc",
        "cba",
        "a",
        "",
        "aabc",
        "bca",
    ]
    for one, other in combinations(words, 2):
        assert (
            is_one_edit_apart(one, other)
            == is_one_edit_apart(other, one)
            == one_edit_by_search(one, other)
        )


@given(st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_one_edit_distance_of_random_words(one: str, other: str) -> None:
    assert is_one_edit_apart(one, other) == one_edit_by_search(one, other)


def test_word_normalisation_folds_text() -> None:
    assert normalize_word("Ёлка") == fold("Ёлка") == "елка"
    assert normalize_word("Ивaнишин") == "иванишин"
    assert normalize_word("Hаgue") == "hague"
    assert normalize_word("日本") == "日本"


def test_query_text_is_parsed() -> None:
    query = parse_query_text('"crew of" soyuz -ms12 type:launch Ovchinin', ("launch",))
    assert [term.text_tokens for term in query.terms] == [
        (("souz",),),
        (("krev", "of"),),
        (("ovkinin",),),
    ]
    assert [term.name_tokens for term in query.excluded_terms] == [(("ms12",),)]
    assert query.types == ("launch",)
    assert parse_query_text("the crew of Soyuz").terms == parse_query_text("crew Soyuz").terms
    assert [term.name_tokens for term in parse_query_text("the").terms] == [(("th",),)]
    assert parse_query_text("!!!").is_empty

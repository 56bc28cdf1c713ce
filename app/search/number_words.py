"""Numbers in words, as in names of expeditions: "fifty-ninth", "пятьдесят девятая"."""

from collections.abc import Sequence

_ENGLISH_CARDINALS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_RUSSIAN_CARDINALS = (
    "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
).split()
_RUSSIAN_ORDINAL_STEMS = (
    "перв втор трет четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат "
    "четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат"
).split()
_RUSSIAN_TENS = (
    "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()
)
_RUSSIAN_TENS_ORDINAL_STEMS = (
    "двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност".split()
)
_RUSSIAN_ENDINGS = (
    "ый ий ой ая ое ого ому ым ом ую ья ье ьего ьему ьим ьем ью ьей ые ых ыми".split()
)

_UNIT_VALUES = {
    word: n
    for words in (_ENGLISH_CARDINALS, _ENGLISH_ORDINALS, _RUSSIAN_CARDINALS)
    for n, word in enumerate(words, 1)
}
_UNIT_VALUES |= {
    f"{stem}{e}": n for n, stem in enumerate(_RUSSIAN_ORDINAL_STEMS, 1) for e in _RUSSIAN_ENDINGS
}
_TENS_VALUES = {
    word: 10 * n for words in (_ENGLISH_TENS, _RUSSIAN_TENS) for n, word in enumerate(words, 2)
}
_TENS_VALUES |= {f"{word[:-1]}ieth": 10 * n for n, word in enumerate(_ENGLISH_TENS, 2)}
_TENS_VALUES |= {
    f"{stem}{e}": 10 * n
    for n, stem in enumerate(_RUSSIAN_TENS_ORDINAL_STEMS, 2)
    for e in _RUSSIAN_ENDINGS
}


def is_number_word(word: str) -> bool:
    """True if a number in words may start with `word`."""
    return word in _UNIT_VALUES or word in _TENS_VALUES


def parse_number_words(words: Sequence[str]) -> tuple[int, int] | None:
    """Parse the number below 100 at the start of `words`; returns it and its number of words."""
    if not words:
        return None
    tens = _TENS_VALUES.get(words[0])
    if tens is None:
        unit = _UNIT_VALUES.get(words[0])
        return None if unit is None else (unit, 1)
    unit = _UNIT_VALUES.get(words[1], 10) if len(words) > 1 else 10
    return (tens + unit, 2) if unit < 10 else (tens, 1)

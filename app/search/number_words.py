"""Numbers in words, as expeditions are counted: "fifty-ninth", "пятьдесят девятая"."""

from collections.abc import Sequence

_ENGLISH = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_RUSSIAN = (
    "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать "
    "четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
).split()
_RUSSIAN_ORDINALS = (
    "перв втор трет четверт пят шест седьм восьм девят десят одиннадцат двенадцат тринадцат "
    "четырнадцат пятнадцат шестнадцат семнадцат восемнадцат девятнадцат"
).split()
_RUSSIAN_TENS = (
    "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()
)
_RUSSIAN_TENTHS = (
    "двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност".split()
)
_ENDINGS = "ый ий ой ая ое ого ому ым ом ую ья ье ьего ьему ьим ьем ью ьей ые ых ыми".split()

_UNITS = {word: n for words in (_ENGLISH, _ORDINALS, _RUSSIAN) for n, word in enumerate(words, 1)}
_UNITS |= {f"{stem}{e}": n for n, stem in enumerate(_RUSSIAN_ORDINALS, 1) for e in _ENDINGS}
_ROUND = {word: 10 * n for words in (_TENS, _RUSSIAN_TENS) for n, word in enumerate(words, 2)}
_ROUND |= {f"{word[:-1]}ieth": 10 * n for n, word in enumerate(_TENS, 2)}
_ROUND |= {f"{stem}{e}": 10 * n for n, stem in enumerate(_RUSSIAN_TENTHS, 2) for e in _ENDINGS}


def number(words: Sequence[str]) -> tuple[int, int] | None:
    """The number below a hundred that folded `words` begin with, and how many of them tell it."""
    if not words:
        return None
    tens = _ROUND.get(words[0])
    if tens is None:
        unit = _UNITS.get(words[0])
        return None if unit is None else (unit, 1)
    unit = _UNITS.get(words[1], 10) if len(words) > 1 else 10
    return (tens + unit, 2) if unit < 10 else (tens, 1)

"""Messages for the errors that pydantic reports about requests, by its error codes.

`tests/test_validation_messages.py` finds the codes that the schemas of requests can raise, and
proves that each has a message here: no text of pydantic reaches a client.
"""

from collections.abc import Mapping

from app.domain.languages import Bilingual

_BOOLEAN = Bilingual("Use true or false.", "Укажите true или false.")
_DAY = Bilingual("Use a date, such as 2026-11-24.", "Укажите дату, например 2026-11-24.")
_INSTANT = Bilingual(
    "Use a time with its offset, such as 2026-11-24T12:00:00Z.",
    "Укажите время со смещением, например 2026-11-24T12:00:00Z.",
)
_INTEGER = Bilingual("Use a whole number.", "Укажите целое число.")
_NUMBER = Bilingual("Use a number.", "Укажите число.")
_OBJECT = Bilingual("Use a JSON object.", "Значение должно быть объектом.")

VALIDATION_MESSAGES: Mapping[str, Bilingual] = {
    "bool_parsing": _BOOLEAN,
    "bool_type": _BOOLEAN,
    "date_from_datetime_inexact": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_type": _INSTANT,
    "dict_type": _OBJECT,
    "enum": Bilingual("Use {expected}.", "Возможные значения: {expected}."),
    "literal_error": Bilingual("Use {expected}.", "Возможные значения: {expected}."),
    "extra_forbidden": Bilingual("Unknown field.", "Неизвестное поле."),
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than_equal": Bilingual(
        "Use a number of at least {ge}.", "Значение должно быть не меньше {ge}."
    ),
    "int_from_float": _INTEGER,
    "int_parsing": _INTEGER,
    "int_parsing_size": Bilingual("The number is too large.", "Число слишком велико."),
    "int_type": _INTEGER,
    "less_than": Bilingual("Use a number less than {lt}.", "Значение должно быть меньше {lt}."),
    "less_than_equal": Bilingual(
        "Use a number of at most {le}.", "Значение должно быть не больше {le}."
    ),
    "list_type": Bilingual("Use a JSON array.", "Значение должно быть массивом."),
    "missing": Bilingual("This value is required.", "Обязательное поле."),
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "string_too_long": Bilingual(
        "Maximum length: {max_length} characters.",
        "Длина должна быть не больше {max_length} символов.",
    ),
    "string_too_short": Bilingual(
        "Minimum length: {min_length}.",
        "Длина должна быть не меньше {min_length} символов.",
    ),
    "string_type": Bilingual("Use a text.", "Значение должно быть строкой."),
    "string_unicode": Bilingual("Use valid Unicode.", "Укажите корректный текст Unicode."),
    "too_long": Bilingual(
        "Maximum number of items: {max_length}.",
        "Число элементов должно быть не больше {max_length}.",
    ),
    "too_short": Bilingual(
        "Minimum number of items: {min_length}.",
        "Число элементов должно быть не меньше {min_length}.",
    ),
}
"""Pydantic provides the values in braces."""

UNKNOWN_ERROR_MESSAGE = Bilingual("This value is not allowed.", "Это значение недопустимо.")
"""Message for a code without one, which only a new version of pydantic can bring."""

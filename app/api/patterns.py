"""Regular expressions of parameters and fields, and the messages for values that do not match."""

from collections.abc import Mapping

from app.domain.languages import Bilingual

ACTOR_ID_PATTERN = "^[a-z0-9]+( [a-z0-9]+)*$"
CONTENT_DIGEST_PATTERN = "^[0-9a-f]{32}$"
COSPAR_ID_PATTERN = "^[0-9]{4}-[A-Z0-9]{2,6}$"
COUNTRY_CODE_PATTERN = "^[A-Za-z]{2}$"
ETAG_PATTERN = r'^(W/)?"[!#-~]*"$'
FIELD_PATH_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,7}$"
HTTP_URL_PATTERN = r"^https?://[^\s<>\"]+$"
KEY_ID_PATTERN = "^[a-z0-9]{8}$"
LANGUAGE_CODE_PATTERN = "^[A-Za-z]{2,3}$"
LICENCE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9 .+()-]*$"
MONTH_NUMBER_PATTERN = "^(0?[1-9]|1[0-2])$"
SITE_CODE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9-]*$"
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
TAG_PATTERN = r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$"
WIKIDATA_ID_PATTERN = "^Q[1-9][0-9]{0,10}$"
YEAR_PATTERN = "^[0-9]{4}$"

MISMATCH_MESSAGES: Mapping[str, Bilingual] = {
    ACTOR_ID_PATTERN: Bilingual(
        "Use the id of a key (k3v9x2ab), a command (zarya load) or a source (source 1).",
        "Укажите id ключа (k3v9x2ab), команду (zarya load) или источник (source 1).",
    ),
    CONTENT_DIGEST_PATTERN: Bilingual(
        "Use the digest of an uploaded file: 32 digits or Latin letters from a to f.",
        "Укажите хеш загруженного файла: 32 цифры или латинские буквы от a до f.",
    ),
    COSPAR_ID_PATTERN: Bilingual(
        "Use a year and a launch number, such as 2019-019.",
        "Укажите год и номер запуска, например 2019-019.",
    ),
    COUNTRY_CODE_PATTERN: Bilingual(
        "Use a country code of two Latin letters, such as KZ.",
        "Укажите код страны из двух латинских букв, например KZ.",
    ),
    ETAG_PATTERN: Bilingual(
        'Use an ETag as you received it, such as W/"5f3c1a9e.7".',
        'Укажите ETag в том виде, в каком он получен, например W/"5f3c1a9e.7".',
    ),
    FIELD_PATH_PATTERN: Bilingual(
        "Use the name of a field, such as slug, or of one in objects, such as crew.person.name.",
        "Укажите имя поля, например slug, или поля вложенных объектов, например crew.person.name.",
    ),
    HTTP_URL_PATTERN: Bilingual(
        "Use a URL that starts with https:// or http:// and has no spaces.",
        "Укажите URL, который начинается с https:// или http:// и не содержит пробелов.",
    ),
    KEY_ID_PATTERN: Bilingual(
        "Use the id of a key: eight lower-case Latin letters or digits, such as k3v9x2ab.",
        "Укажите id ключа: восемь строчных латинских букв или цифр, например k3v9x2ab.",
    ),
    LANGUAGE_CODE_PATTERN: Bilingual(
        "Use a language code of two or three Latin letters, such as en.",
        "Укажите код языка из двух или трёх латинских букв, например en.",
    ),
    LICENCE_PATTERN: Bilingual(
        "Use the name of a licence in Latin letters, digits, spaces and .+-(), such as CC-BY-4.0.",
        "Укажите название лицензии: латинские буквы, цифры, пробелы и знаки .+-(), например "
        "CC-BY-4.0.",
    ),
    MONTH_NUMBER_PATTERN: Bilingual(
        "Use the number of a month, from 1 to 12.", "Укажите номер месяца от 1 до 12."
    ),
    SITE_CODE_PATTERN: Bilingual(
        "Use Latin letters, digits and hyphens, starting with a letter or a digit.",
        "Используйте латинские буквы, цифры и дефисы; первой должна быть буква или цифра.",
    ),
    SLUG_PATTERN: Bilingual(
        "Use a slug: lower-case Latin letters and digits, with single hyphens between them, such "
        "as iss-59.",
        "Укажите имя из строчных латинских букв и цифр с одиночными дефисами между ними, например "
        "iss-59.",
    ),
    TAG_PATTERN: Bilingual(
        "Use Latin letters and digits, with single hyphens between them, such as soyuz-ms.",
        "Укажите латинские буквы и цифры с одиночными дефисами между ними, например soyuz-ms.",
    ),
    WIKIDATA_ID_PATTERN: Bilingual(
        "Use the id of an item of Wikidata, such as Q42.",
        "Укажите номер объекта Викиданных, например Q42.",
    ),
    YEAR_PATTERN: Bilingual("Use a year of four digits.", "Укажите год из четырёх цифр."),
}
"""Messages by pattern."""

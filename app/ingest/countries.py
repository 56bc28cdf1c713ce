"""ISO 3166-1 alpha-2 codes by the country names and codes of import sources."""

import re

COUNTRY_CODE = re.compile("[A-Za-z]{2}")
"""Alpha-2 code. Sources write "??" for an unknown country."""

COUNTRY_BY_ALPHA_3 = {
    "ARE": "AE", "AUS": "AU", "BRA": "BR", "CAN": "CA", "CHN": "CN", "DEU": "DE", "DZA": "DZ",
    "ESP": "ES", "FRA": "FR", "GBR": "GB", "GUF": "GF", "IND": "IN", "IRN": "IR", "ISR": "IL",
    "ITA": "IT", "JPN": "JP", "KAZ": "KZ", "KEN": "KE", "KOR": "KR", "MHL": "MH", "NOR": "NO",
    "NZL": "NZ", "PRK": "KP", "RUS": "RU", "SWE": "SE", "USA": "US",
}  # fmt: skip
"""Alpha-2 codes by ISO 3166-1 alpha-3 code."""

COUNTRY_BY_DEMONYM = {
    "afghan": "AF", "american": "US", "antiguan": "AG", "australian": "AU", "austrian": "AT",
    "bahamian": "BS", "belarusian": "BY", "belgian": "BE", "brazilian": "BR", "british": "GB",
    "bulgarian": "BG", "canadian": "CA", "chinese": "CN", "cuban": "CU", "czech": "CZ",
    "danish": "DK", "dutch": "NL", "egyptian": "EG", "emirati": "AE", "finnish": "FI",
    "french": "FR", "german": "DE", "greek": "GR", "hungarian": "HU", "indian": "IN",
    "iranian": "IR", "irish": "IE", "israeli": "IL", "italian": "IT", "japanese": "JP",
    "kazakh": "KZ", "kazakhstani": "KZ", "kiwi": "NZ", "kittitian": "KN", "kyrgyz": "KG",
    "luxembourgish": "LU", "malaysian": "MY", "maltese": "MT", "mexican": "MX",
    "mongolian": "MN", "new zealander": "NZ", "norwegian": "NO", "pakistani": "PK",
    "panamanian": "PA", "polish": "PL", "portuguese": "PT", "puerto rican": "PR",
    "romanian": "RO", "russian": "RU", "saudi": "SA", "saudi arabian": "SA",
    "singaporean": "SG", "slovak": "SK", "south african": "ZA", "south korean": "KR",
    "spanish": "ES", "swedish": "SE", "swiss": "CH", "syrian": "SY", "turkish": "TR",
    "ukrainian": "UA", "vietnamese": "VN",
}  # fmt: skip
"""Alpha-2 codes by English demonym, in lower case."""

COUNTRY_BY_GCAT_STATE = {
    "US": "US", "SU": "RU", "RU": "RU", "CN": "CN", "F": "FR", "GUF": "GF", "J": "JP", "IN": "IN",
    "NZ": "NZ", "IR": "IR", "I": "IT", "IL": "IL", "KP": "KP", "KR": "KR", "AU": "AU", "UK": "GB",
    "BR": "BR", "N": "NO", "KE": "KE", "DZ": "DZ", "KI": "KI", "TTPI": "MH", "ESCN": "ES",
    "KZ": "KZ", "S": "SE", "D": "DE", "E": "ES", "CA": "CA",
}  # fmt: skip
"""Alpha-2 codes by the `StateCode` of GCAT's sites; SU and RU include sites in Kazakhstan."""

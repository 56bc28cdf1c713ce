"""ISO 3166-1 alpha-2 codes by the country names and codes of import sources."""

COUNTRY_BY_ALPHA_3 = {
    "ARE": "AE", "AUS": "AU", "BRA": "BR", "CAN": "CA", "CHN": "CN", "DEU": "DE", "DZA": "DZ",
    "ESP": "ES", "FRA": "FR", "GBR": "GB", "GUF": "GF", "IND": "IN", "IRN": "IR", "ISR": "IL",
    "ITA": "IT", "JPN": "JP", "KAZ": "KZ", "KEN": "KE", "KOR": "KR", "MHL": "MH", "NOR": "NO",
    "NZL": "NZ", "PRK": "KP", "RUS": "RU", "SWE": "SE", "USA": "US",
}  # fmt: skip
"""Alpha-2 codes by ISO 3166-1 alpha-3 code."""

COUNTRY_BY_DEMONYM = {
    "american": "US", "australian": "AU", "austrian": "AT", "belarusian": "BY", "belgian": "BE",
    "brazilian": "BR", "british": "GB", "bulgarian": "BG", "canadian": "CA", "chinese": "CN",
    "danish": "DK", "dutch": "NL", "emirati": "AE", "french": "FR", "german": "DE",
    "hungarian": "HU", "indian": "IN", "israeli": "IL", "italian": "IT", "japanese": "JP",
    "kazakh": "KZ", "kazakhstani": "KZ", "malaysian": "MY", "norwegian": "NO", "polish": "PL",
    "russian": "RU", "saudi": "SA", "saudi arabian": "SA", "south african": "ZA",
    "south korean": "KR", "spanish": "ES", "swedish": "SE", "swiss": "CH", "turkish": "TR",
    "ukrainian": "UA",
}  # fmt: skip
"""Alpha-2 codes by English demonym, in lower case."""

COUNTRY_BY_GCAT_STATE = {
    "US": "US", "SU": "RU", "RU": "RU", "CN": "CN", "F": "FR", "GUF": "GF", "J": "JP", "IN": "IN",
    "NZ": "NZ", "IR": "IR", "I": "IT", "IL": "IL", "KP": "KP", "KR": "KR", "AU": "AU", "UK": "GB",
    "BR": "BR", "N": "NO", "KE": "KE", "DZ": "DZ", "KI": "KI", "TTPI": "MH", "ESCN": "ES",
    "KZ": "KZ", "S": "SE", "D": "DE", "E": "ES", "CA": "CA",
}  # fmt: skip
"""Alpha-2 codes by the `StateCode` of GCAT's sites; SU and RU include sites in Kazakhstan."""

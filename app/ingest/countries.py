"""Countries of spaceflight by the names and codes that sources give, as ISO 3166-1 alpha-2."""

COUNTRY_BY_ALPHA_3 = {
    "ARE": "AE", "AUS": "AU", "BRA": "BR", "CAN": "CA", "CHN": "CN", "DEU": "DE", "DZA": "DZ",
    "ESP": "ES", "FRA": "FR", "GBR": "GB", "GUF": "GF", "IND": "IN", "IRN": "IR", "ISR": "IL",
    "ITA": "IT", "JPN": "JP", "KAZ": "KZ", "KEN": "KE", "KOR": "KR", "MHL": "MH", "NOR": "NO",
    "NZL": "NZ", "PRK": "KP", "RUS": "RU", "SWE": "SE", "USA": "US",
}  # fmt: skip
"""By alpha-3 code."""

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
"""By what their people are called, in lower case."""

"""Content negotiation: the weights in `Accept`, `Accept-Encoding` and `Accept-Language`."""


def parse_quality_values(header: str) -> dict[str, float]:
    """The weights in a header by lower-case name, from 0 (not acceptable) to 1.

    See RFC 9110, section 12.4.2. A weight that is not a number counts as 0.
    """
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = _parse_quality(parameters)
    return weights


def _parse_quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(0.0, float(value)), 1.0)  # in this order: NaN is 0
            except ValueError:
                return 0.0
    return 1.0


def media_type_quality(weights: dict[str, float], media_type: str) -> float:
    """The weight of `media_type` by the most specific range that matches it."""
    ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
    return next((weights[each] for each in ranges if each in weights), 0.0)


def prefers_html(accept: str) -> bool:
    """Return true if `Accept` names HTML, as browsers do, with a higher weight than JSON."""
    weights = parse_quality_values(accept)
    return weights.get("text/html", 0.0) > media_type_quality(weights, "application/json")


def prefers_json(accept: str) -> bool:
    """Return true if `Accept` gives JSON or problem+json a higher weight than HTML."""
    weights = parse_quality_values(accept)
    html = media_type_quality(weights, "text/html")
    json_types = ("application/json", "application/problem+json")
    return any(media_type_quality(weights, each) > html for each in json_types)

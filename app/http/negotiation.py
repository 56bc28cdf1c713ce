"""What a client would rather have: the weights in `Accept` and `Accept-Encoding`."""


def parse_quality_values(header: str) -> dict[str, float]:
    """By lower-case name, the weight of each part of `header`, from 0 (unwanted) to 1.

    Parsed as RFC 9110, section 12.4.2, says; a weight that is no number counts as 0.
    """
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found[name] = _parse_quality(parameters)
    return found


def _parse_quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(0.0, float(value)), 1.0)  # in this order: NaN is 0
            except ValueError:
                return 0.0
    return 1.0


def media_type_quality(wanted: dict[str, float], kind: str) -> float:
    """How much of the media type `kind` is wanted: the range that fits it best decides."""
    ranges = (kind, f"{kind.partition('/')[0]}/*", "*/*")
    return next((wanted[each] for each in ranges if each in wanted), 0.0)


def prefers_html(accept: str) -> bool:
    """Whether an `Accept` header names HTML, as browsers do, and would not rather have JSON."""
    wanted = parse_quality_values(accept)
    return wanted.get("text/html", 0.0) > media_type_quality(wanted, "application/json")

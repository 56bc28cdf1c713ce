"""Building blocks of endpoints: routing, parameters, lists, writes, embeds, OpenAPI."""

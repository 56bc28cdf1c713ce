"""OpenAPI description of the request body of an upload (`POST /v1/media`)."""

from typing import Any

from app.domain.pictures import MAX_PICTURE_BYTES
from app.resources.media.schemas import MediaFetch, MediaFields
from app.resources.media.uploads import UPLOAD_TYPES

_FILE = {
    "type": "string",
    "format": "binary",
    "description": "JPEG, PNG, WebP, AVIF, GIF or SVG; of an animation, the first frame. "
    f"Up to {MAX_PICTURE_BYTES >> 20} MiB.",
}


def _schema_of(model: type[MediaFields]) -> dict[str, Any]:
    """JSON schema of a model whose parts have no components."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    for field in schema["properties"].values():
        if name := field.pop("$ref", "").rpartition("/")[2]:
            field |= {key: value for key, value in definitions[name].items() if key not in field}
    return schema


_FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["file"],
    "properties": {"file": _FILE, "metadata": _schema_of(MediaFields)},
}

UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media_type: {
                "schema": {
                    "multipart/form-data": _FORM,
                    "application/json": _schema_of(MediaFetch),
                }.get(media_type, _FILE)
            }
            for media_type in UPLOAD_TYPES
        },
    }
}
"""Addition to the operation: FastAPI cannot describe a body of several media types."""

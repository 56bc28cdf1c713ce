"""JSON merge patches (RFC 7396): application to a document, and their JSON schema."""

from collections.abc import Mapping
from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.api.write_models import D, WriteModel, validate_write_model

MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json"


def apply_merge_patch(model: type[D], current: Mapping[str, Any], patch: Any) -> D:
    """Apply `patch` to `current`, the JSON of a document, and validate the result as `model`.

    A response counts as a patch by the fields of it that can be written.

    Raises InvalidRequest if the result is not valid.
    """
    return validate_write_model(model, _merge(current, model.read_response(patch)))


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged


class MergePatchSchema:
    """JSON schema of a merge patch, derived from the schema of the document.

    No member is required: absent members stay as they are, and null removes a member.
    """

    def __init__(self, model: type[WriteModel]) -> None:
        self.write_model = model

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        model = self.write_model
        document = handler.resolve_ref_schema(
            model.__get_pydantic_json_schema__(model.__pydantic_core_schema__, handler)
        )
        properties = {
            name: {key: value for key, value in part.items() if key != "default"}
            for name, part in document["properties"].items()
        }
        example = dict(list(document["examples"][0].items())[:1])
        return {
            "type": "object",
            "description": f"Merge patch. {document['description']}",
            "properties": properties,
            "additionalProperties": False,
            "examples": [example],
        }

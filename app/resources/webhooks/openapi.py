"""OpenAPI description of the messages that webhooks receive."""

from typing import Any

from app.domain.enums import RecordType
from app.resources.changes.schemas import ChangeOp
from app.resources.registry import RECORD_RESOURCES
from app.resources.webhooks.delivery import TEST_MESSAGE_TYPE

_OpenApiObject = dict[str, Any]

_HEADERS = {
    "webhook-id": (
        "Id of the message, the same for all attempts to deliver it.",
        "msg_1740_1740",
        200,
    ),
    "webhook-timestamp": ("Time of the attempt, in seconds since 1970.", "1795521600", 20),
    "webhook-signature": (
        "`v1,` and the base64 of the HMAC-SHA256, with the secret, of id, timestamp and body.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        200,
    ),
}
"""Description, example and maximum length of each header of a message."""


def _message_schema(description: str, types: list[str], data: _OpenApiObject) -> _OpenApiObject:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "enum": types},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "Time of the change, or of the request for a test.",
            },
            "data": data,
        },
    }


_MESSAGE_SCHEMAS = {
    "ChangeMessage": _message_schema(
        "Message of a webhook: one change.",
        [f"{type_}.{op}" for type_ in RecordType for op in ChangeOp],
        {"$ref": "#/components/schemas/Change"},
    ),
    "TestMessage": _message_schema(
        "Message of a webhook that `POST /v1/webhooks/{id}/test` sends.",
        [TEST_MESSAGE_TYPE],
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["webhook_id"],
            "properties": {"webhook_id": {"type": "integer", "description": "Id of the webhook."}},
        },
    ),
}

_CHANGE_RESPONSES = {
    "2XX": {"description": "Confirms the delivery."},
    "410": {"description": "Disables the webhook."},
    "default": {"description": "The service sends the message again later."},
}

_TEST_RESPONSES = {
    "2XX": {"description": "Confirms the delivery."},
    "default": {"description": "The test has failed. It is not repeated and disables nothing."},
}


def _describe_message(
    name: str,
    operation_id: str,
    summary: str,
    description: str,
    types: list[str],
    responses: _OpenApiObject,
) -> _OpenApiObject:
    """Description of a webhook whose messages have the schema `name` and one of `types`."""
    return {
        "post": {
            "tags": ["webhooks"],
            "operationId": operation_id,
            "summary": summary,
            "description": description,
            "security": [],
            "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in _HEADERS],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": f"#/components/schemas/{name}"},
                        "examples": {
                            type_: {"$ref": f"#/components/examples/{type_}"} for type_ in types
                        },
                    }
                },
            },
            "responses": responses,
        }
    }


def describe_messages() -> _OpenApiObject:
    """Additions to the OpenAPI document: `webhooks`, and the `components` that they refer to."""
    webhooks = {
        type_.value: _describe_message(
            "ChangeMessage",
            f"receive{type_.title().replace('_', '')}Change",
            f"{RECORD_RESOURCES[type_].label.en.capitalize()} changed",
            "The service sends this message after the record was created, changed or deleted.",
            [f"{type_}.{op}" for op in ChangeOp],
            _CHANGE_RESPONSES,
        )
        for type_ in RecordType
    }
    webhooks[TEST_MESSAGE_TYPE] = _describe_message(
        "TestMessage",
        "receiveTestMessage",
        "Test message",
        "The service sends this message after `POST /v1/webhooks/{id}/test`.",
        [TEST_MESSAGE_TYPE],
        _TEST_RESPONSES,
    )
    parameters = {
        name: {
            "name": name,
            "in": "header",
            "required": True,
            "description": description,
            "schema": {"type": "string", "maxLength": max_chars},
            "example": example,
        }
        for name, (description, example, max_chars) in _HEADERS.items()
    }
    components = {"schemas": _MESSAGE_SCHEMAS, "parameters": parameters}
    return {"webhooks": webhooks, "components": components}

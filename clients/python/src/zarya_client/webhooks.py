"""Verification of webhooks by Standard Webhooks (https://www.standardwebhooks.com)."""

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256

from zarya_client.models import ChangeMessage, TestMessage

_SECRET_PREFIX = "whsec_"


class InvalidWebhook(Exception):
    """The message was not signed with the secret, or too long ago."""


def verify_webhook(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_seconds: float = 300.0,
    now: float | None = None,
) -> ChangeMessage | TestMessage:
    """The message in `body`, as JSON; its `type` tells which. Raises InvalidWebhook.

    `headers` are those of the request; `body` its bytes as received.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        id_, timestamp = lower["webhook-id"], lower["webhook-timestamp"]
        signatures = lower["webhook-signature"].split()
    except KeyError as error:
        raise InvalidWebhook(f"The header {error} is missing.") from error
    sent_at = float(timestamp) if timestamp.isdecimal() else 0.0
    if abs((time.time() if now is None else now) - sent_at) > tolerance_seconds:
        raise InvalidWebhook("The message is too old, or from the future.")
    key = b64decode(secret.removeprefix(_SECRET_PREFIX))
    digest = hmac.new(key, f"{id_}.{timestamp}.".encode() + body, sha256).digest()
    expected = f"v1,{b64encode(digest).decode()}"
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures):
        raise InvalidWebhook("The signature does not match.")
    message: ChangeMessage | TestMessage = json.loads(body)
    return message

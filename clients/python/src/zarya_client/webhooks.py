"""Verification of webhooks by Standard Webhooks (https://www.standardwebhooks.com)."""

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import cast

import httpx

from zarya_client.models import ChangeMessage, TestMessage


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
    given = httpx.Headers(headers)
    id_, timestamp = given.get("webhook-id"), given.get("webhook-timestamp", "")
    sent_at = float(timestamp) if timestamp.isdecimal() else 0.0
    if not id_ or abs((time.time() if now is None else now) - sent_at) > tolerance_seconds:
        raise InvalidWebhook("A header is missing, or the message is too old or from the future.")
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256")
    expected = b"v1," + b64encode(digest)
    signatures = given.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(expected, each) for each in signatures):
        raise InvalidWebhook("The signature does not match.")
    return cast(ChangeMessage | TestMessage, json.loads(body))

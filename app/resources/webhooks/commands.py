"""Writes of webhooks."""

from base64 import b64encode
from http import HTTPStatus
from secrets import token_bytes

from sqlalchemy.orm import Session

from app.api.links import url_for_request
from app.api.writes.records import RecordWriter, lock_by_id
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import Webhook, stored_id
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.resources.changes.cursor import TOMBSTONE_RETENTION_PERIOD
from app.resources.changes.queries import get_latest_cursor
from app.resources.webhooks.queries import get_webhook, webhook_not_found
from app.resources.webhooks.schemas import WebhookCreated, WebhookWrite


def save(session: Session, webhook: Webhook, document: WebhookWrite) -> None:
    """Apply `document` to `webhook`.

    Deliveries begin with the current change for a new webhook, and for one that is enabled again
    after its missed changes have been pruned.
    """
    if webhook.secret is None:
        webhook.secret = "whsec_" + b64encode(token_bytes(24)).decode()
    webhook.address = document.target_url
    webhook.description = document.description
    webhook.types = sorted(set(document.types))
    pruned = (
        webhook.last_attempt_at and webhook.last_attempt_at < now() - TOMBSTONE_RETENTION_PERIOD
    )
    if webhook.told_seq is None or (document.enabled and not webhook.enabled and pruned):
        cursor = get_latest_cursor(Reader.from_session(session))
        webhook.told_transaction_id, webhook.told_seq = cursor.transaction_id, cursor.seq
    if document.enabled and not webhook.enabled:
        webhook.attempts, webhook.next_attempt_at, webhook.disabled_reason = 0, now(), None
    webhook.enabled = document.enabled
    webhook.updated_at = now()
    session.add(webhook)
    session.flush()


WRITER = RecordWriter(
    AuditTarget.WEBHOOK,
    "webhooks",
    Webhook,
    WebhookWrite,
    save,
    get_webhook,
    lock=lock_by_id(webhook_not_found),
)


def create_webhook(session: Session, write: WriteRequest, document: WebhookWrite) -> WriteResult:
    """Create a webhook. Only this result contains its secret."""
    webhook, body = WRITER.insert(session, write.client, document)
    created = WebhookCreated.model_validate(dict(body) | {"secret": webhook.secret})
    address = url_for_request("webhooks", stored_id(webhook))
    return WriteResult(HTTPStatus.CREATED, created, webhook.version, address)

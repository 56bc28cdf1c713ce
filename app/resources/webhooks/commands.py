"""Writes of webhooks."""

from base64 import b64encode
from datetime import datetime
from http import HTTPStatus
from secrets import token_bytes, token_hex

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from app.api.audit_log import Action
from app.api.links import url_for_request
from app.api.validation_errors import raise_field_error
from app.api.writes.records import RecordWriter, lock_by_id
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.models import Webhook, WebhookDelivery, stored_id
from app.domain.dates import now
from app.domain.enums import AuditTarget
from app.domain.languages import tr
from app.http.problems import Conflict
from app.resources.changes.cursor import TOMBSTONE_RETENTION_PERIOD
from app.resources.changes.queries import (
    get_change,
    get_latest_cursor,
    get_position_before,
    keeps_changes_until,
)
from app.resources.webhooks.delivery import MAX_REQUESTED_MESSAGE_COUNT, TEST_MESSAGE_TYPE
from app.resources.webhooks.queries import (
    delivery_not_found,
    get_delivery,
    get_webhook,
    webhook_not_found,
)
from app.resources.webhooks.schemas import WebhookCreated, WebhookRedeliver, WebhookWrite


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
    reader = Reader.from_session(session)
    is_new = webhook.told_seq is None
    is_enabled_again = not is_new and document.enabled and not webhook.enabled
    if is_new or (is_enabled_again and _has_pruned_changes(reader, webhook)):
        cursor = get_latest_cursor(reader)
        webhook.told_transaction_id, webhook.told_seq = cursor.transaction_id, cursor.seq
    if document.enabled and not webhook.enabled:
        webhook.attempts, webhook.next_attempt_at, webhook.disabled_reason = 0, now(), None
    webhook.enabled = document.enabled
    webhook.updated_at = now()
    session.add(webhook)
    session.flush()


def _has_pruned_changes(reader: Reader, webhook: Webhook) -> bool:
    """True if changes that a disabled webhook missed may have been pruned.

    If no change up to its position is kept, it was up to date at its last attempt or edit, of
    which the latest edit may be the one that disabled it.
    """
    if keeps_changes_until(reader, webhook.told_transaction_id, webhook.told_seq):
        return False
    before_edit = inspect(webhook).attrs["updated_at"].history.deleted  # empty in the same second
    edited_at = before_edit[0] if before_edit else webhook.updated_at
    last_used_at: datetime = max(edited_at, webhook.last_attempt_at or webhook.created_at)
    return last_used_at < now() - TOMBSTONE_RETENTION_PERIOD


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


def request_test(session: Session, write: WriteRequest, id_: int) -> WriteResult:
    """Request a test message to the webhook `id_`, enabled or not."""
    webhook = WRITER.lock(session, Webhook, id_)
    delivery = WebhookDelivery(
        webhook_id=id_, message_id=f"msg_test_{token_hex(8)}", message_type=TEST_MESSAGE_TYPE
    )
    return _add_request(session, write, webhook, delivery, Action.TEST)


def request_redelivery(
    session: Session, write: WriteRequest, id_: int, delivery_id: int
) -> WriteResult:
    """Request a logged message once more. Raises NotFound, and Conflict if its change is pruned."""
    webhook = WRITER.lock(session, Webhook, id_)
    logged = session.get(WebhookDelivery, delivery_id)
    if logged is None or logged.webhook_id != id_:
        raise delivery_not_found(id_, delivery_id)
    if logged.seq is not None and get_change(Reader.from_session(session), logged.seq) is None:
        raise Conflict(
            tr(
                "The change of this delivery is no longer kept.",
                "Изменение, о котором эта отправка, больше не хранится.",
            )
        )
    delivery = WebhookDelivery(
        webhook_id=id_,
        message_id=logged.message_id,
        message_type=logged.message_type,
        seq=logged.seq,
    )
    return _add_request(session, write, webhook, delivery, Action.REDELIVER)


def _add_request(
    session: Session,
    write: WriteRequest,
    webhook: Webhook,
    delivery: WebhookDelivery,
    action: Action,
) -> WriteResult:
    """Add a message on request, and audit it. Raises Conflict if too many are waiting."""
    waiting = select(func.count(WebhookDelivery.id)).where(
        WebhookDelivery.webhook_id == delivery.webhook_id, WebhookDelivery.attempted_at.is_(None)
    )
    if (session.scalar(waiting) or 0) >= MAX_REQUESTED_MESSAGE_COUNT:
        raise Conflict(
            tr(
                f"{MAX_REQUESTED_MESSAGE_COUNT} messages on request are waiting for this webhook. "
                "Try again when they are sent.",
                f"Отправки на этот вебхук ждут {MAX_REQUESTED_MESSAGE_COUNT} сообщений по запросу. "
                "Повторите, когда они будут отправлены.",
            )
        )
    session.add(delivery)
    session.flush()
    number = stored_id(delivery)
    body = get_delivery(Reader.from_session(session), stored_id(webhook), number)
    after = {"delivery": number, "message_id": delivery.message_id}
    WRITER.write_audit_entry(session, write.client, action, webhook, None, after)
    return WriteResult(HTTPStatus.ACCEPTED, body)


def redeliver_since(
    session: Session, write: WriteRequest, id_: int, document: WebhookRedeliver
) -> WriteResult:
    """Move the webhook `id_` back to the first change since an instant; never forwards."""
    webhook = WRITER.lock(session, Webhook, id_)
    if document.since < now() - TOMBSTONE_RETENTION_PERIOD:
        days = TOMBSTONE_RETENTION_PERIOD.days
        raise_field_error(
            "/since",
            "too-old",
            tr(f"Changes are kept for {days} days.", f"Изменения хранятся {days} дней."),
        )
    reader = Reader.from_session(session)
    position = get_position_before(reader, document.since)
    if position is not None and position < (webhook.told_transaction_id, webhook.told_seq):
        webhook.told_transaction_id, webhook.told_seq = position
        webhook.attempts, webhook.next_attempt_at = 0, now()
        webhook.leased_until = None  # else a delivery in flight would set its own position
        session.flush()
    after = document.model_dump(mode="json")
    WRITER.write_audit_entry(session, write.client, Action.REDELIVER, webhook, None, after)
    return WriteResult(HTTPStatus.ACCEPTED, get_webhook(reader, id_), webhook.version)

"""Webhook delivery: in order, at least once, with retries.

The table of changes is the outbox: a change is written in the transaction of its record, and each
webhook stores the position of its last change, delivered or skipped because of its type. A lease
gives a webhook to one process. Messages on request, which are tests and single redeliveries, are
rows of `WebhookDelivery` that were not attempted yet; each is sent once, and does not move the
position.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy import and_, delete, exists, insert, or_, select, update
from standardwebhooks import Webhook as Signer

from app.db.database import Database, Reader, Row
from app.db.leases import acquire_lease, lease_is_free, release_lease, renew_lease
from app.db.models import Webhook, WebhookDelivery
from app.domain.clock import current_instant
from app.domain.dates import format_rfc3339_utc, now
from app.domain.enums import RecordType
from app.http.client import ForbiddenUrl, RequestFailed, send_request
from app.resources.changes.cursor import ChangeCursor, utc_today
from app.resources.changes.queries import (
    get_change,
    get_latest_cursor,
    has_change_after,
    list_changes_after,
)
from app.resources.changes.schemas import Change

WEBHOOK_LEASE_DURATION = timedelta(seconds=60)
"""Duration of a lease; longer than the delivery of one message."""

DELIVERY_RETRY_DELAYS = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
]
"""Delay after each failed attempt. After the last one the webhook is disabled."""

MAX_LOGGED_ATTEMPTS = 50
"""Attempts of a webhook that are kept in the log of its deliveries."""

MAX_REQUESTED_MESSAGE_COUNT = 10
"""Messages on request that may wait for one webhook."""

TEST_MESSAGE_TYPE = "webhook.test"

_MAX_ERROR_CHARS = 300
_MAX_RESPONSE_BYTES = 2**16
_MAX_LOGGED_REQUEST_CHARS = 20_000
_MAX_LOGGED_RESPONSE_CHARS = 2000


@dataclass(frozen=True)
class Message:
    """A message to send: its id, its type, its body, and the change that it announces."""

    id: str
    type: str
    body: str
    seq: int | None


@dataclass(frozen=True)
class DeliveryResult:
    """Result of one attempt to deliver a message."""

    status: int | None
    """HTTP status; None if there was no response."""
    error: str | None
    request_headers: dict[str, str]
    response_body: str | None
    duration_ms: int

    @property
    def is_delivered(self) -> bool:
        """True for a 2xx response."""
        return self.status is not None and 200 <= self.status < 300


def list_due_webhooks(reader: Reader) -> list[int]:
    """Ids of the webhooks with messages to deliver or changes to skip, without leased ones."""
    requested = exists().where(
        WebhookDelivery.webhook_id == Webhook.id, WebhookDelivery.attempted_at.is_(None)
    )
    is_behind = has_change_after(Webhook.told_transaction_id, Webhook.told_seq)
    is_on_time = and_(Webhook.enabled, Webhook.next_attempt_at <= now(), is_behind)
    due = select(Webhook.id).where(or_(is_on_time, requested), lease_is_free(Webhook))
    rows = reader.all(due.order_by(Webhook.next_attempt_at, Webhook.id))
    return [row["id"] for row in rows]


def deliver_pending_changes(database: Database, id_: int, allow_private: bool) -> None:
    """Deliver all messages on request and all pending changes, up to the first failed change."""
    webhook = acquire_lease(database, Webhook, id_, WEBHOOK_LEASE_DURATION)
    if webhook is not None:
        webhook = _send_requested(database, webhook, allow_private)
    while webhook is not None:
        with database.snapshot() as reader:
            is_on_time = webhook["enabled"] and webhook["next_attempt_at"] <= now()
            pending = _get_next_change(reader, webhook) if is_on_time else None
            skipped = _skip_other_types(reader, webhook) if is_on_time and not pending else {}
        if pending is None:
            release_lease(database, Webhook, webhook, skipped)
            return
        change, position = pending
        message_id = f"msg_{position.transaction_id}_{position.seq}"
        message = _build_change_message(message_id, change)
        result = _post_message(webhook, message, allow_private)
        state = _build_delivery_state(webhook, position, result)
        _log_attempt(database, webhook, message, result, state.get("next_attempt_at"))
        if not result.is_delivered:
            release_lease(database, Webhook, webhook, state)
            return
        webhook = renew_lease(database, Webhook, webhook, WEBHOOK_LEASE_DURATION, state)


def _get_next_change(reader: Reader, row: Row) -> tuple[Change, ChangeCursor] | None:
    """First undelivered change of a webhook, and its position."""
    position = ChangeCursor(0, row["told_transaction_id"], row["told_seq"], utc_today())
    types = [RecordType(type_) for type_ in row["types"]]
    changes, _, _ = list_changes_after(reader, position, types, limit=1)
    return changes[0] if changes else None


def _skip_other_types(reader: Reader, webhook: Row) -> dict[str, int]:
    """Column values for the position after all changes, none of which is of a selected type."""
    latest = get_latest_cursor(reader)
    if (latest.transaction_id, latest.seq) <= (webhook["told_transaction_id"], webhook["told_seq"]):
        return {}
    return {"told_transaction_id": latest.transaction_id, "told_seq": latest.seq}


def _send_requested(database: Database, webhook: Row, allow_private: bool) -> Row | None:
    """Send the messages on request. Returns the leased row, or None if the lease is lost."""
    requested = select(*WebhookDelivery.__table__.columns).where(
        WebhookDelivery.webhook_id == webhook["id"], WebhookDelivery.attempted_at.is_(None)
    )
    with database.snapshot() as reader:
        rows = reader.all(requested.order_by(WebhookDelivery.id).limit(MAX_REQUESTED_MESSAGE_COUNT))
    leased: Row | None = webhook
    for row in rows:
        if leased is None:
            break
        with database.snapshot() as reader:
            message = _build_requested_message(reader, row)
        if message is None:
            with database.session() as session:
                session.execute(delete(WebhookDelivery).where(WebhookDelivery.id == row["id"]))
            continue
        result = _post_message(leased, message, allow_private)
        _log_attempt(database, leased, message, result, delivery_id=row["id"])
        leased = renew_lease(database, Webhook, leased, WEBHOOK_LEASE_DURATION, {})
    return leased


def _build_requested_message(reader: Reader, row: Row) -> Message | None:
    """The message of a row: a test, or a change with the present state of its record.

    None if the change has been pruned.
    """
    if row["seq"] is not None:
        change = get_change(reader, row["seq"])
        return _build_change_message(row["message_id"], change) if change else None
    body = _encode_body(row["message_type"], row["created_at"], {"webhook_id": row["webhook_id"]})
    return Message(row["message_id"], row["message_type"], body, None)


def _build_change_message(message_id: str, change: Change) -> Message:
    type_ = f"{change.type}.{change.op}"
    data = change.model_dump(mode="json", by_alias=True)
    return Message(message_id, type_, _encode_body(type_, change.changed_at, data), change.seq)


def _encode_body(type_: str, timestamp: datetime, data: dict[str, Any]) -> str:
    """The body of a message, in the form of Standard Webhooks."""
    return json.dumps(
        {"type": type_, "timestamp": format_rfc3339_utc(timestamp), "data": data},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _post_message(row: Row, message: Message, allow_private: bool) -> DeliveryResult:
    """Post one message, signed as specified by Standard Webhooks."""
    sent_at = current_instant()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Signer(row["secret"]).sign(message.id, sent_at, message.body),
    }
    started = monotonic()
    status, error, body = None, None, b""
    try:
        response = send_request(
            "POST",
            row["address"],
            headers,
            message.body.encode(),
            allow_private=allow_private,
            max_bytes=_MAX_RESPONSE_BYTES,
        )
    except (ForbiddenUrl, RequestFailed) as failure:
        error = str(failure)[:_MAX_ERROR_CHARS] or type(failure).__name__
    else:
        status, body = response.status, response.body
        error = None if 200 <= status < 300 else f"HTTP status {status}."
    duration_ms = round((monotonic() - started) * 1000)
    text = body.decode(errors="replace").replace("\0", "\ufffd")[:_MAX_LOGGED_RESPONSE_CHARS]
    return DeliveryResult(status, error, headers, text or None, duration_ms)


def _log_attempt(
    database: Database,
    webhook: Row,
    message: Message,
    result: DeliveryResult,
    next_attempt_at: datetime | None = None,
    delivery_id: int | None = None,
) -> None:
    """Log an attempt, in the row `delivery_id` of a message on request, and delete old rows."""
    values = {
        "message_type": message.type,
        "seq": message.seq,
        "attempted_at": now(),
        "next_attempt_at": next_attempt_at,
        "request_url": webhook["address"],
        "request_headers": result.request_headers,
        "request_body": message.body[:_MAX_LOGGED_REQUEST_CHARS],
        "response_status": result.status,
        "response_body": result.response_body,
        "duration_ms": result.duration_ms,
        "error": result.error,
    }
    attempts = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == webhook["id"], WebhookDelivery.attempted_at.is_not(None)
    )
    oldest_kept = attempts.order_by(WebhookDelivery.id.desc()).offset(MAX_LOGGED_ATTEMPTS - 1)
    with database.session() as session:
        if delivery_id is None:
            new = {"webhook_id": webhook["id"], "message_id": message.id, **values}
            session.execute(insert(WebhookDelivery).values(new))
        else:
            own = WebhookDelivery.id == delivery_id
            session.execute(update(WebhookDelivery).where(own).values(values))
        session.execute(
            delete(WebhookDelivery).where(
                WebhookDelivery.webhook_id == webhook["id"],
                WebhookDelivery.attempted_at.is_not(None),
                WebhookDelivery.id < oldest_kept.limit(1).scalar_subquery(),
            )
        )


def _build_delivery_state(
    row: Row, position: ChangeCursor, result: DeliveryResult
) -> dict[str, Any]:
    """Column values of a webhook after an attempt."""
    values: dict[str, Any] = {
        "last_attempt_at": now(),
        "last_status": result.status,
        "last_error": result.error,
    }
    if result.is_delivered:
        delivered = {"told_transaction_id": position.transaction_id, "told_seq": position.seq}
        return values | delivered | {"attempts": 0}
    if result.status == 410:
        return values | {"enabled": False, "disabled_reason": "HTTP status 410 (Gone)."}
    if row["attempts"] >= len(DELIVERY_RETRY_DELAYS):
        reason = f"Delivery failed in {row['attempts'] + 1} attempts."
        return values | {"enabled": False, "disabled_reason": reason}
    delay = DELIVERY_RETRY_DELAYS[row["attempts"]]
    return values | {"attempts": row["attempts"] + 1, "next_attempt_at": now() + delay}

"""Webhook delivery: in order, at least once, with retries.

The table of changes is the outbox: a change is written in the transaction of its record, and each
webhook stores the position of its last delivered change. A lease gives a webhook to one process.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from standardwebhooks import Webhook as Signer

from app.db.database import Database, Reader, Row
from app.db.leases import acquire_lease, lease_is_free, release_lease, renew_lease
from app.db.models import Webhook
from app.domain.dates import format_rfc3339_utc, now
from app.domain.enums import RecordType
from app.http.client import ForbiddenUrl, RequestFailed, send_request
from app.resources.changes.cursor import ChangeCursor, utc_today
from app.resources.changes.queries import list_changes_after
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

_MAX_ERROR_CHARS = 300
_MAX_RESPONSE_BYTES = 2**16


@dataclass(frozen=True)
class DeliveryResult:
    """Result of one attempt to deliver a message."""

    status: int | None
    """HTTP status; None if there was no response."""
    error: str | None

    @property
    def is_delivered(self) -> bool:
        """True for a 2xx response."""
        return self.status is not None and 200 <= self.status < 300


def list_due_webhooks(reader: Reader) -> list[int]:
    """Ids of the webhooks with changes to deliver now, without those leased by a process."""
    due = select(*Webhook.__table__.columns).where(
        Webhook.enabled, Webhook.next_attempt_at <= now(), lease_is_free(Webhook)
    )
    rows = reader.all(due.order_by(Webhook.next_attempt_at, Webhook.id))
    return [row["id"] for row in rows if _get_next_change(reader, row)]


def deliver_pending_changes(database: Database, id_: int, allow_private: bool) -> None:
    """Deliver all pending changes to the webhook `id_`, up to the first failure."""
    webhook = acquire_lease(database, Webhook, id_, WEBHOOK_LEASE_DURATION)
    while webhook is not None:
        with database.snapshot() as reader:
            pending = _get_next_change(reader, webhook) if webhook["enabled"] else None
        if pending is None:
            release_lease(database, Webhook, webhook)
            return
        change, position = pending
        result = _post_message(webhook, change, position, allow_private)
        state = _build_delivery_state(webhook, position, result)
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


def _post_message(
    row: Row, change: Change, position: ChangeCursor, allow_private: bool
) -> DeliveryResult:
    """Post one message, signed as specified by Standard Webhooks."""
    message_id = f"msg_{position.transaction_id}_{position.seq}"
    sent_at = datetime.now(UTC)
    body = json.dumps(
        {
            "type": f"{change.type}.{change.op}",
            "timestamp": format_rfc3339_utc(change.changed_at),
            "data": change.model_dump(mode="json", by_alias=True),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Signer(row["secret"]).sign(message_id, sent_at, body),
    }
    try:
        response = send_request(
            "POST",
            row["address"],
            headers,
            body.encode(),
            allow_private=allow_private,
            max_bytes=_MAX_RESPONSE_BYTES,
        )
    except (ForbiddenUrl, RequestFailed) as error:
        return DeliveryResult(None, str(error)[:_MAX_ERROR_CHARS] or type(error).__name__)
    result = DeliveryResult(response.status, None)
    if result.is_delivered:
        return result
    return DeliveryResult(response.status, f"HTTP status {response.status}.")


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

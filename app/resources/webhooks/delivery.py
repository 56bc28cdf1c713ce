"""Telling webhooks of changes: each in order, at least once, tried again where it fails.

The changes themselves are the outbox: they were written in the transaction of the write, and each
webhook keeps how far in them it has been told. One process at a time has a webhook for itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from standardwebhooks import Webhook as Signer

from app.db.database import Database, Reader, Row
from app.db.models import Webhook
from app.domain.dates import now
from app.domain.enums import RecordType
from app.http.client import ForbiddenUrl, RequestFailed, send_request
from app.resources.changes.cursor import ChangeCursor, utc_today
from app.resources.changes.queries import list_changes_after
from app.resources.changes.schemas import Change

WEBHOOK_LEASE_DURATION = timedelta(seconds=60)
"""For how long a process has a webhook for itself: longer than one message takes."""

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
"""When a message is tried again after each failure; after the last one the webhook is disabled."""

_MAX_ERROR_CHARS = 300


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one message."""

    status: int | None
    error: str | None

    @property
    def is_delivered(self) -> bool:
        """Whether the other side has it."""
        return self.status is not None and 200 <= self.status < 300


def list_due_webhooks(reader: Reader) -> list[int]:
    """The webhooks that have something to be told now, and that no process is telling."""
    free = or_(Webhook.leased_until.is_(None), Webhook.leased_until <= now())
    found = select(*Webhook.__table__.columns).where(
        Webhook.enabled, Webhook.next_attempt_at <= now(), free
    )
    rows = reader.all(found.order_by(Webhook.next_attempt_at, Webhook.id))
    return [row["id"] for row in rows if _get_next_change(reader, row)]


def deliver_pending_changes(database: Database, id_: int, allow_private: bool) -> None:
    """Tell the webhook `id_` all that there is to tell, up to the first failure."""
    if not _acquire_lease(database, id_):
        return
    while True:
        with database.snapshot() as reader:
            row = reader.first(select(*Webhook.__table__.columns).where(Webhook.id == id_))
            told = _get_next_change(reader, row) if row and row["enabled"] else None
        if row is None or told is None:
            break
        change, place = told
        result = _post_message(row, change, place, allow_private)
        _update_webhook(database, id_, _build_delivery_state(row, place, result))
        if not result.is_delivered:
            break
    _update_webhook(database, id_, {"leased_until": None})


def _acquire_lease(database: Database, id_: int) -> bool:
    free = or_(Webhook.leased_until.is_(None), Webhook.leased_until <= now())
    taken = (
        update(Webhook)
        .where(Webhook.id == id_, free)
        .values(leased_until=now() + WEBHOOK_LEASE_DURATION)
    )
    with database.session() as session:
        return session.execute(taken.returning(Webhook.id)).first() is not None


def _update_webhook(database: Database, id_: int, values: Mapping[str, Any]) -> None:
    # What editors see as the webhook's last change is none of this.
    kept = {"updated_at": Webhook.updated_at, **values}
    with database.session() as session:
        session.execute(update(Webhook).where(Webhook.id == id_).values(kept))


def _get_next_change(reader: Reader, row: Row) -> tuple[Change, ChangeCursor] | None:
    place = ChangeCursor(0, row["told_transaction_id"], row["told_seq"], utc_today())
    types = [RecordType(kind) for kind in row["types"]]
    told, _, _ = list_changes_after(reader, place, types, limit=1)
    return told[0] if told else None


def _post_message(
    row: Row, change: Change, place: ChangeCursor, allow_private: bool
) -> DeliveryResult:
    """Post one message, signed by Standard Webhooks."""
    message = f"msg_{place.transaction_id}_{place.seq}"
    moment = datetime.now(UTC)
    body = json.dumps(
        {
            "type": f"{change.type}.{change.op}",
            "timestamp": f"{change.changed_at:%Y-%m-%dT%H:%M:%SZ}",
            "data": change.model_dump(mode="json", by_alias=True),
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Signer(row["secret"]).sign(message, moment, body),
    }
    try:
        content = body.encode()
        answer = send_request(
            "POST", row["address"], headers, content, allow_private=allow_private, max_bytes=2**16
        )
    except (ForbiddenUrl, RequestFailed) as error:
        return DeliveryResult(None, str(error)[:_MAX_ERROR_CHARS] or type(error).__name__)
    told = 200 <= answer.status < 300
    return DeliveryResult(answer.status, None if told else f"It answered {answer.status}.")


def _build_delivery_state(row: Row, place: ChangeCursor, result: DeliveryResult) -> dict[str, Any]:
    """What a webhook keeps of a message."""
    kept: dict[str, Any] = {
        "last_attempt_at": now(),
        "last_status": result.status,
        "last_error": result.error,
        "leased_until": now() + WEBHOOK_LEASE_DURATION,
    }
    if result.is_delivered:
        told = {"told_transaction_id": place.transaction_id, "told_seq": place.seq}
        return kept | told | {"attempts": 0}
    if result.status == 410:
        return kept | {"enabled": False, "disabled_reason": "It answered 410: it is gone."}
    if row["attempts"] >= len(DELIVERY_RETRY_DELAYS):
        reason = f"It has not taken a message in {row['attempts'] + 1} attempts."
        return kept | {"enabled": False, "disabled_reason": reason}
    wait = DELIVERY_RETRY_DELAYS[row["attempts"]]
    return kept | {"attempts": row["attempts"] + 1, "next_attempt_at": now() + wait}

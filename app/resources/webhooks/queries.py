"""How webhooks are found and written."""

from base64 import b64encode
from datetime import datetime
from functools import cache
from http import HTTPStatus
from secrets import token_bytes
from typing import Any

from fastapi import Response
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.api.audit_log import Action, Kind
from app.api.links import url_for_request
from app.api.lists.pagination import ListQuery, fetch_page
from app.api.lists.sorting import build_orders
from app.api.writes.numbered import EntityWriter
from app.api.writes.request import WriteRequest, WriteResult
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import RecordChange, Webhook
from app.domain.dates import now
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.changes.cursor import TOMBSTONE_RETENTION_PERIOD
from app.resources.changes.queries import get_latest_cursor
from app.resources.webhooks.schemas import WebhookCreated, WebhookPage, WebhookRead, WebhookWrite

SORTS = build_orders(Webhook.id, id=())


@cache
def _select_webhooks() -> AnySelect:
    kept = [column for column in Webhook.__table__.columns if column.name != "secret"]
    return select(*kept, Webhook.address.label("target_url"))


def _to_read_model(row: dict[str, Any]) -> WebhookRead:
    waits = row["attempts"] and row["enabled"]
    return WebhookRead.model_validate(
        row | {"next_attempt_at": row["next_attempt_at"] if waits else None}
    )


def list_webhooks(reader: Reader, query: ListQuery) -> WebhookPage:
    """A page of all webhooks, by id."""
    return fetch_page(
        reader, WebhookPage, _select_webhooks(), (), SORTS, query, "webhooks", default_sort="id"
    )


def get_oldest_undelivered_change_time(reader: Reader) -> datetime | None:
    """When the oldest change was made that some webhook has yet to be told of; None without any."""
    place = tuple_(RecordChange.transaction_id, RecordChange.seq)
    following = select(RecordChange.changed_at).where(
        place > tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    )
    oldest = (
        following.order_by(RecordChange.transaction_id, RecordChange.seq).limit(1).scalar_subquery()
    )
    return reader.scalar(select(func.min(oldest)).where(Webhook.enabled))


def get_webhook(reader: Reader, id_: int) -> WebhookRead:
    """The webhook `id_`."""
    row = reader.first(_select_webhooks().where(Webhook.id == id_))
    if row is None:
        raise NotFound(
            tr(
                f"There is no webhook {id_}. See /v1/webhooks.",
                f"Нет вебхука {id_}. См. /v1/webhooks.",
            )
        )
    return _to_read_model(row)


def _save(session: Session, webhook: Webhook, document: WebhookWrite) -> None:
    webhook.address = document.target_url
    webhook.description = document.description
    webhook.types = sorted(set(document.types))
    forgotten = (
        webhook.last_attempt_at and webhook.last_attempt_at < now() - TOMBSTONE_RETENTION_PERIOD
    )
    if webhook.told_seq is None or (document.enabled and not webhook.enabled and forgotten):
        place = get_latest_cursor(Reader.from_session(session))
        webhook.told_transaction_id, webhook.told_seq = place.transaction_id, place.seq
    if document.enabled and not webhook.enabled:
        webhook.attempts, webhook.next_attempt_at, webhook.disabled_reason = 0, now(), None
    webhook.enabled = document.enabled
    webhook.updated_at = now()
    session.add(webhook)
    session.flush()


WRITER = EntityWriter(Kind.WEBHOOK, Webhook, WebhookWrite, _save, get_webhook)


async def create_webhook(edit: WriteRequest, document: WebhookWrite) -> Response:
    """A new webhook, told of what changes from now on; its secret cannot be had again."""

    def work(session: Session) -> WriteResult:
        webhook = Webhook(secret="whsec_" + b64encode(token_bytes(24)).decode())
        _save(session, webhook, document)
        made = get_webhook(Reader.from_session(session), webhook.id)
        WRITER.write_audit_entry(session, edit.client, Action.CREATE, webhook.id, None, made)
        created = WebhookCreated.model_validate(dict(made) | {"secret": webhook.secret})
        address = url_for_request("webhooks", webhook.id)
        return WriteResult(HTTPStatus.CREATED, created, webhook.version, address)

    return await edit.execute(work)

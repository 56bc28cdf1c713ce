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
from app.api.links import link
from app.api.lists.pagination import PageQuery, fetch_page
from app.api.lists.sorting import orders
from app.api.writes.numbered import Numbered
from app.api.writes.request import Edit, Outcome
from app.db.database import Reader
from app.db.functions import Rows
from app.db.models import Change, Webhook
from app.domain.dates import now
from app.domain.languages import either
from app.http.problems import NotFound
from app.resources.changes.cursor import TOMBSTONES
from app.resources.changes.queries import present
from app.resources.webhooks.schemas import WebhookCreated, WebhookPage, WebhookRead, WebhookWrite

SORTS = orders(Webhook.id, id=())


@cache
def _columns() -> Rows:
    kept = [column for column in Webhook.__table__.columns if column.name != "secret"]
    return select(*kept, Webhook.address.label("target_url"))


def _read(row: dict[str, Any]) -> WebhookRead:
    waits = row["attempts"] and row["enabled"]
    return WebhookRead.model_validate(
        row | {"next_attempt_at": row["next_attempt_at"] if waits else None}
    )


def list_webhooks(reader: Reader, query: PageQuery) -> WebhookPage:
    """A page of all webhooks, by id."""
    return fetch_page(reader, WebhookPage, _columns(), (), SORTS, query, "webhooks", default="id")


def untold_since(reader: Reader) -> datetime | None:
    """When the oldest change was made that some webhook has yet to be told of; None without any."""
    place = tuple_(Change.transaction_id, Change.seq)
    following = select(Change.changed_at).where(
        place > tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    )
    oldest = following.order_by(Change.transaction_id, Change.seq).limit(1).scalar_subquery()
    return reader.scalar(select(func.min(oldest)).where(Webhook.enabled))


def get_webhook(reader: Reader, id_: int) -> WebhookRead:
    """The webhook `id_`."""
    row = reader.first(_columns().where(Webhook.id == id_))
    if row is None:
        raise NotFound(
            either(
                f"There is no webhook {id_}. See /v1/webhooks.",
                f"Нет вебхука {id_}. См. /v1/webhooks.",
            )
        )
    return _read(row)


def _save(session: Session, webhook: Webhook, document: WebhookWrite) -> None:
    webhook.address = document.target_url
    webhook.description = document.description
    webhook.types = sorted(set(document.types))
    forgotten = webhook.last_attempt_at and webhook.last_attempt_at < now() - TOMBSTONES
    if webhook.told_seq is None or (document.enabled and not webhook.enabled and forgotten):
        place = present(Reader.of(session))
        webhook.told_transaction_id, webhook.told_seq = place.transaction_id, place.seq
    if document.enabled and not webhook.enabled:
        webhook.attempts, webhook.next_attempt_at, webhook.disabled_reason = 0, now(), None
    webhook.enabled = document.enabled
    webhook.updated_at = now()
    session.add(webhook)
    session.flush()


EDITABLE = Numbered(Kind.WEBHOOK, Webhook, WebhookWrite, _save, get_webhook)


async def create_webhook(edit: Edit, document: WebhookWrite) -> Response:
    """A new webhook, told of what changes from now on; its secret cannot be had again."""

    def work(session: Session) -> Outcome:
        webhook = Webhook(secret="whsec_" + b64encode(token_bytes(24)).decode())
        _save(session, webhook, document)
        made = get_webhook(Reader.of(session), webhook.id)
        EDITABLE.note(session, edit.caller, Action.CREATE, webhook.id, None, made)
        created = WebhookCreated.model_validate(dict(made) | {"secret": webhook.secret})
        address = link("webhooks", webhook.id)
        return Outcome(HTTPStatus.CREATED, created, webhook.version, address)

    return await edit.run(work)

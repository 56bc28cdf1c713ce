"""How webhooks are found and written."""

from base64 import b64encode
from datetime import datetime
from http import HTTPStatus
from secrets import token_bytes
from typing import Any

from fastapi import Response
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.changes.place import TOMBSTONES
from app.changes.queries import present
from app.database import Reader, Rows
from app.dates import now
from app.documents import merged, read_document
from app.editing.edits import Edit, Outcome
from app.errors import NotFound
from app.languages import either
from app.links import link
from app.models import Change, Webhook
from app.pagination import PageQuery, fetch_page
from app.sorting import orders
from app.trail import Action, Kind, note
from app.webhooks.schemas import WebhookCreated, WebhookPage, WebhookRead, WebhookWrite

SORTS = orders(Webhook.id, id=())


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
    return fetch_page(reader, WebhookPage, _columns(), SORTS, query, "webhooks", default="id")


def untold_since(reader: Reader) -> datetime | None:
    """When the oldest change was made that some webhook has yet to be told of; None without any."""
    told = tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    behind = select(func.min(Change.changed_at)).where(
        Webhook.enabled, told < tuple_(Change.transaction_id, Change.seq)
    )
    return reader.scalar(behind)


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


async def create_webhook(edit: Edit, document: WebhookWrite) -> Response:
    """A new webhook, told of what changes from now on; its secret cannot be had again."""

    def work(session: Session) -> Outcome:
        webhook = Webhook(secret="whsec_" + b64encode(token_bytes(24)).decode())
        _save(session, webhook, document)
        made = get_webhook(Reader.of(session), webhook.id)
        _note(session, edit, Action.CREATE, webhook, None, made)
        created = WebhookCreated.model_validate(dict(made) | {"secret": webhook.secret})
        address = link("webhooks", webhook.id)
        return Outcome(HTTPStatus.CREATED, created, webhook.version, address)

    return await edit.run(work)


async def patch_webhook(edit: Edit, id_: int, patch: Any) -> Response:
    """The webhook `id_` with a merge patch applied to it."""

    def work(session: Session) -> Outcome:
        webhook = _find(session, edit, id_)
        before = get_webhook(Reader.of(session), id_)
        fields = set(WebhookWrite.model_fields)
        current = before.model_dump(mode="json", include=fields)
        wanted = read_document(WebhookWrite, merged(current, patch))
        if wanted.model_dump(mode="json") != current:
            _save(session, webhook, wanted)
            webhook.version += 1
            session.flush()
        after = get_webhook(Reader.of(session), id_)
        _note(session, edit, Action.UPDATE, webhook, before, after)
        return Outcome(HTTPStatus.OK, after, webhook.version)

    return await edit.run(work)


async def delete_webhook(edit: Edit, id_: int) -> Response:
    """No such webhook any more."""

    def work(session: Session) -> Outcome:
        webhook = _find(session, edit, id_)
        _note(session, edit, Action.DELETE, webhook, get_webhook(Reader.of(session), id_), None)
        session.delete(webhook)
        return Outcome(HTTPStatus.NO_CONTENT)

    return await edit.run(work)


def _find(session: Session, edit: Edit, id_: int) -> Webhook:
    webhook = session.scalar(select(Webhook).where(Webhook.id == id_).with_for_update())
    if webhook is None:
        raise NotFound(
            either(
                f"There is no webhook {id_}. See /v1/webhooks.",
                f"Нет вебхука {id_}. См. /v1/webhooks.",
            )
        )
    edit.check_version(webhook)
    return webhook


def _note(
    session: Session,
    edit: Edit,
    action: Action,
    webhook: Webhook,
    before: WebhookRead | None,
    after: WebhookRead | None,
) -> None:
    if before != after:
        was = before.model_dump(mode="json") if before else None
        became = after.model_dump(mode="json") if after else None
        note(session, edit.caller, action, Kind.WEBHOOK, webhook.id, None, was, became)

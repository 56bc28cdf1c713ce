"""Queries of webhooks."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import func, select, tuple_

from app.api.lists.pagination import ListQuery, fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import RecordChange, Webhook, WebhookDelivery
from app.domain.languages import tr
from app.http.problems import NotFound
from app.resources.webhooks.schemas import (
    WebhookDeliveryPage,
    WebhookDeliveryRead,
    WebhookPage,
    WebhookRead,
)

SORTS = build_orders(Webhook.id, id=())
DELIVERY_SORTS = build_orders(WebhookDelivery.id, id=())


@cache
def _select_webhooks() -> AnySelect:
    columns = [column for column in Webhook.__table__.columns if column.name != "secret"]
    return select(*columns, Webhook.address.label("target_url"))


def _to_read_model(row: dict[str, Any]) -> WebhookRead:
    retrying = row["attempts"] and row["enabled"]
    return WebhookRead.model_validate(
        row | {"next_attempt_at": row["next_attempt_at"] if retrying else None}
    )


def list_webhooks(reader: Reader, query: ListQuery) -> WebhookPage:
    """A page of all webhooks, by id."""
    return fetch_page(
        reader, WebhookPage, _select_webhooks(), (), SORTS, query, "webhooks", default_sort="id"
    )


def get_oldest_undelivered_change_time(reader: Reader) -> datetime | None:
    """The time of the oldest change that an enabled webhook has not received; None if none."""
    position = tuple_(RecordChange.transaction_id, RecordChange.seq)
    following = select(RecordChange.changed_at).where(
        position > tuple_(Webhook.told_transaction_id, Webhook.told_seq)
    )
    oldest = (
        following.order_by(RecordChange.transaction_id, RecordChange.seq).limit(1).scalar_subquery()
    )
    return reader.scalar(select(func.min(oldest)).where(Webhook.enabled))


def get_webhook(reader: Reader, id_: int) -> WebhookRead:
    """The webhook `id_`. Raises NotFound."""
    row = reader.first(_select_webhooks().where(Webhook.id == id_))
    if row is None:
        raise webhook_not_found(id_)
    return _to_read_model(row)


@cache
def _select_deliveries() -> AnySelect:
    hidden = ("message_type", "seq")
    columns = [each for each in WebhookDelivery.__table__.columns if each.name not in hidden]
    return select(*columns, WebhookDelivery.message_type.label("type"))


def list_deliveries(reader: Reader, id_: int, query: ListQuery) -> WebhookDeliveryPage:
    """A page of the logged deliveries of the webhook `id_`, newest first. Raises NotFound."""
    get_webhook(reader, id_)
    return fetch_page(
        reader,
        WebhookDeliveryPage,
        _select_deliveries(),
        (WebhookDelivery.webhook_id == id_,),
        DELIVERY_SORTS,
        query,
        "webhooks",
        str(id_),
        "deliveries",
        default_sort="-id",
    )


def get_delivery(reader: Reader, id_: int, delivery_id: int) -> WebhookDeliveryRead:
    """A delivery of the webhook `id_`. Raises NotFound."""
    row = reader.first(
        _select_deliveries().where(
            WebhookDelivery.webhook_id == id_, WebhookDelivery.id == delivery_id
        )
    )
    if row is None:
        raise delivery_not_found(id_, delivery_id)
    return WebhookDeliveryRead.model_validate(row)


def delivery_not_found(id_: int, delivery_id: int) -> NotFound:
    """The error for an unknown delivery."""
    log = f"/v1/webhooks/{id_}/deliveries"
    return NotFound(
        tr(
            f"The webhook {id_} has no delivery {delivery_id}. See {log}.",
            f"У вебхука {id_} нет отправки {delivery_id}. См. {log}.",
        )
    )


def webhook_not_found(id_: int) -> NotFound:
    """The error for an unknown id."""
    return NotFound(
        tr(
            f"There is no webhook {id_}. See /v1/webhooks.",
            f"Нет вебхука {id_}. См. /v1/webhooks.",
        )
    )

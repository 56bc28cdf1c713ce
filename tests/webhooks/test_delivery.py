"""Webhook delivery: order, signatures, retries, leases."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from jsonschema import Draft202012Validator
from sqlalchemy import delete, select, update
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError
from starlette.testclient import TestClient

from app.config import Settings, use_settings
from app.db.database import Database
from app.db.models import RecordChange, Webhook, WebhookDelivery
from app.domain.dates import now
from app.domain.enums import RecordType
from app.resources.changes.cursor import TOMBSTONE_RETENTION_PERIOD
from app.resources.changes.queries import get_latest_cursor
from app.resources.webhooks import delivery
from app.resources.webhooks.delivery import (
    DELIVERY_RETRY_DELAYS,
    MAX_REQUESTED_MESSAGE_COUNT,
    TEST_MESSAGE_TYPE,
    WEBHOOK_LEASE_DURATION,
    deliver_pending_changes,
    list_due_webhooks,
)
from app.resources.webhooks.queries import get_oldest_undelivered_change_time
from tests.support import documents
from tests.support.clients import override_settings
from tests.support.documents import IF_MATCH_ANY
from tests.support.openapi import committed_openapi
from tests.support.webhook_receivers import WebhookReceiver, webhook_receiver


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as listener:
        yield listener


@pytest.fixture
def lenient(client: TestClient) -> Iterator[None]:
    """Setting that allows webhooks on private addresses, such as loopback."""
    with override_settings(client, private_targets=True):
        yield


def register(editor: TestClient, url: str, **fields: Any) -> dict[str, Any]:
    answer = editor.post("/v1/webhooks", json={"target_url": url} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def deliver_due(database: Database) -> list[int]:
    """Deliver pending changes to all due webhooks; returns their ids."""
    with database.snapshot() as reader:
        found = list_due_webhooks(reader)
    for id_ in found:
        deliver_pending_changes(database, id_, allow_private=True)
    return found


def delivered(hook: WebhookReceiver) -> list[tuple[str, str | None]]:
    """Type and record slug of each received message."""
    bodies = [json.loads(body) for _, body in hook.messages]
    return [(b["type"], b["data"]["data"] and b["data"]["data"]["slug"]) for b in bodies]


def state(editor: TestClient, id_: int) -> dict[str, Any]:
    found: dict[str, Any] = editor.get(f"/v1/webhooks/{id_}").json()
    return found


def find_schemas(message: dict[str, Any]) -> list[str]:
    """Schemas of messages in openapi.json that `message` has."""
    components = committed_openapi()["components"]
    references = {
        name: {"components": components, "$ref": f"#/components/schemas/{name}"}
        for name in ("ChangeMessage", "TestMessage")
    }
    return [
        name
        for name, reference in references.items()
        if Draft202012Validator(reference).is_valid(message)
    ]


def test_only_responses_to_changes_are_documented_with_retries() -> None:
    documented = committed_openapi()["webhooks"]
    responses = {
        name: documented[name]["post"]["responses"] for name in ("person", TEST_MESSAGE_TYPE)
    }
    assert list(responses["person"]) == ["2XX", "410", "default"]
    assert list(responses[TEST_MESSAGE_TYPE]) == ["2XX", "default"]
    assert "not repeated" in responses[TEST_MESSAGE_TYPE]["default"]["description"]


def test_changes_are_delivered_in_order_and_signed(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    before = editor.post("/v1/people", json=documents.person(slug="before"))
    made = register(editor, hook.url)
    assert deliver_due(database) == []
    editor.post("/v1/people", json=documents.person(slug="after"))
    editor.delete(before.headers["Location"], headers=IF_MATCH_ANY)
    editor.post("/v1/articles", json=documents.article())  # a draft
    assert deliver_due(database) == [made["id"]]
    assert delivered(hook) == [("person.upsert", "after"), ("person.delete", None)]
    assert deliver_due(database) == []
    for headers, body in hook.messages:
        verified = Verifier(made["secret"]).verify(body, headers)
        assert verified["data"]["id"]
        assert find_schemas(verified) == ["ChangeMessage"]
        with pytest.raises(WebhookVerificationError):
            Verifier(made["secret"]).verify(body + b" ", headers)
        with pytest.raises(WebhookVerificationError):
            Verifier("whsec_" + "A" * 32).verify(body, headers)
    assert len({headers["webhook-id"] for headers, _ in hook.messages}) == 2
    assert state(editor, made["id"])["last_status"] == 204


def test_only_selected_types_are_delivered(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    register(editor, hook.url, types=["launch"])
    editor.post("/v1/people", json=documents.person())
    slug = editor.post("/v1/launches", json=documents.launch()).json()["slug"]
    deliver_due(database)
    assert delivered(hook) == [("launch.upsert", slug)]


def test_changes_of_other_types_are_skipped(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    """The position moves past them, and the next change of the type is delivered once."""
    made = register(editor, hook.url, types=["launch"])
    editor.post("/v1/people", json=documents.person())
    with database.snapshot() as reader:
        assert get_oldest_undelivered_change_time(reader) is not None
    assert deliver_due(database) == [made["id"]]
    with database.snapshot() as reader:
        latest = get_latest_cursor(reader)
        position = reader.first(select(Webhook.told_transaction_id, Webhook.told_seq))
        assert get_oldest_undelivered_change_time(reader) is None
    assert position == {"told_transaction_id": latest.transaction_id, "told_seq": latest.seq}
    assert deliver_due(database) == []
    assert hook.messages == []
    skipped = state(editor, made["id"])
    assert (skipped["version"], skipped["last_attempt_at"]) == (made["version"], None)
    slug = editor.post("/v1/launches", json=documents.launch()).json()["slug"]
    deliver_due(database)
    assert deliver_due(database) == []
    assert delivered(hook) == [("launch.upsert", slug)]


def test_all_types_can_be_selected(editor: TestClient) -> None:
    types = sorted(RecordType)
    made = register(editor, "https://portal.example/hooks", types=types)
    assert made["types"] == types
    refused = editor.post(
        "/v1/webhooks", json={"target_url": made["target_url"], "types": types * 2}
    )
    assert refused.status_code == 422


def test_failed_message_is_retried_with_same_id(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        made = register(editor, hook.url)
        for name in ("one", "two"):
            editor.post("/v1/people", json=documents.person(slug=name))
        hook.next_statuses = [500, 429]
        deliver_due(database)
        assert deliver_due(database) == []  # not immediately
        failed = state(editor, made["id"])
        assert (failed["attempts"], failed["last_status"]) == (1, 500)
        assert failed["last_error"] == "HTTP status 500."
        assert failed["next_attempt_at"]
        assert failed["version"] == made["version"]
        clock.shift(DELIVERY_RETRY_DELAYS[0])
        deliver_due(database)
        assert state(editor, made["id"])["attempts"] == 2
        clock.shift(DELIVERY_RETRY_DELAYS[0])
        assert deliver_due(database) == []  # exponential backoff
        clock.shift(DELIVERY_RETRY_DELAYS[1])
        deliver_due(database)
    assert [slug for _, slug in delivered(hook)] == ["one", "one", "one", "two"]
    ids = [headers["webhook-id"] for headers, _ in hook.messages]
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]
    assert state(editor, made["id"])["attempts"] == 0


def test_failing_webhook_is_disabled_and_resumes_when_enabled(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        made = register(editor, hook.url)
        editor.post("/v1/people", json=documents.person(slug="missed"))
        hook.next_statuses = [503] * (len(DELIVERY_RETRY_DELAYS) + 1)
        for wait in (*DELIVERY_RETRY_DELAYS, timedelta()):
            deliver_due(database)
            clock.shift(wait)
        disabled = state(editor, made["id"])
        assert disabled["enabled"] is False
        assert "10 attempts" in disabled["disabled_reason"]
        assert len(hook.messages) == len(DELIVERY_RETRY_DELAYS) + 1
        clock.shift(timedelta(days=1))
        assert deliver_due(database) == []
        editor.post("/v1/people", json=documents.person(slug="later"))
        enabled = editor.patch(
            f"/v1/webhooks/{made['id']}", json={"enabled": True}, headers=IF_MATCH_ANY
        )
        assert enabled.json()["disabled_reason"] is None
        deliver_due(database)
    assert [slug for _, slug in delivered(hook)][-2:] == ["missed", "later"]


@pytest.mark.parametrize("was_quiet", [True, False])
def test_missed_changes_are_delivered_unless_some_are_pruned(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None, was_quiet: bool
) -> None:
    """Whether it was enabled and quiet until yesterday, or created disabled, long ago."""
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        made = register(editor, hook.url, enabled=was_quiet)
        path = f"/v1/webhooks/{made['id']}"
        clock.shift(TOMBSTONE_RETENTION_PERIOD + timedelta(days=5))
        with database.session() as session:
            session.execute(delete(RecordChange))  # like the daily job
        if was_quiet:
            editor.patch(path, json={"enabled": False}, headers=IF_MATCH_ANY).raise_for_status()
        editor.post("/v1/people", json=documents.person(slug="missed"))
        clock.shift(timedelta(days=1))
        editor.patch(path, json={"enabled": True}, headers=IF_MATCH_ANY).raise_for_status()
        editor.post("/v1/people", json=documents.person(slug="later"))
        deliver_due(database)
    received = [slug for _, slug in delivered(hook)]
    assert received == (["missed", "later"] if was_quiet else ["later"])


def test_status_410_disables_webhook(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    made = register(editor, hook.url)
    editor.post("/v1/people", json=documents.person())
    hook.next_statuses = [410]
    deliver_due(database)
    gone = state(editor, made["id"])
    assert (gone["enabled"], gone["disabled_reason"]) == (False, "HTTP status 410 (Gone).")
    assert deliver_due(database) == []


def test_concurrent_deliveries_send_each_change_once(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    made = register(editor, hook.url)
    for _ in range(10):
        editor.post("/v1/people", json=documents.person())

    def process(_: int) -> None:
        with use_settings(Settings()):
            deliver_pending_changes(database, made["id"], True)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(process, range(4)))
    ids = [headers["webhook-id"] for headers, _ in hook.messages]
    assert len(ids) == len(set(ids)) == 10


def test_expired_lease_is_taken_over(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        made = register(editor, hook.url)
        editor.post("/v1/people", json=documents.person())
        with database.session() as session:
            held = update(Webhook).where(Webhook.id == made["id"])
            session.execute(held.values(leased_until=now() + WEBHOOK_LEASE_DURATION))
        assert deliver_due(database) == []
        clock.shift(WEBHOOK_LEASE_DURATION)
        assert deliver_due(database) == [made["id"]]


def test_private_targets_are_refused_on_write_and_on_delivery(
    editor: TestClient, database: Database, hook: WebhookReceiver
) -> None:
    for url in (hook.url, "http://169.254.169.254/", "http://localhost/", "http://[::1]/"):
        refused = editor.post("/v1/webhooks", json={"target_url": url})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/target_url"
    made = register(editor, "https://portal.example/hook")
    with database.session() as session:  # like a host that resolves to a private address later
        kept = update(Webhook).where(Webhook.id == made["id"])
        session.execute(kept.values(address=hook.url))
    editor.post("/v1/people", json=documents.person())
    deliver_pending_changes(database, made["id"], allow_private=False)
    assert hook.messages == []
    assert "not a public address" in state(editor, made["id"])["last_error"]


def test_secret_is_shown_once(editor: TestClient, database: Database, client: TestClient) -> None:
    made = register(editor, "https://portal.example/hook")
    assert made["secret"].startswith("whsec_")
    address = f"/v1/webhooks/{made['id']}"
    changed = editor.patch(address, json={"description": "Ours"}, headers=IF_MATCH_ANY)
    trail = editor.get("/v1/audit", params={"type": "webhook"})
    for answer in (editor.get(address), editor.get("/v1/webhooks"), changed, trail):
        assert made["secret"] not in answer.text
    assert changed.json()["version"] == 2
    stale = editor.patch(address, json={"description": None}, headers={"If-Match": '"a.1"'})
    assert stale.status_code == 412
    assert client.get(address).status_code == 401
    assert editor.delete(address, headers=IF_MATCH_ANY).status_code == 204
    assert editor.get(address).status_code == 404
    with database.snapshot() as reader:
        assert reader.all(select(Webhook.id)) == []


def list_deliveries(editor: TestClient, id_: int, **params: Any) -> list[dict[str, Any]]:
    page = editor.get(f"/v1/webhooks/{id_}/deliveries", params=params).json()
    items: list[dict[str, Any]] = page["items"]
    return items


def test_deliveries_are_logged_with_request_and_response(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    made = register(editor, hook.url)
    editor.post("/v1/people", json=documents.person(slug="one"))
    hook.next_statuses = [500]
    deliver_due(database)
    (failed,) = list_deliveries(editor, made["id"])
    headers, body = hook.messages[0]
    assert failed["type"] == "person.upsert"
    assert (failed["request_url"], failed["request_body"]) == (hook.url, body.decode())
    assert failed["request_headers"]["webhook-signature"] == headers["webhook-signature"]
    assert (failed["response_status"], failed["response_body"]) == (500, "Sorry, no\ufffd.")
    assert failed["error"] == "HTTP status 500."
    assert failed["next_attempt_at"] == state(editor, made["id"])["next_attempt_at"]
    with database.session() as session:
        session.execute(update(Webhook).values(next_attempt_at=now()))
    deliver_due(database)
    delivered_, earlier = list_deliveries(editor, made["id"])
    assert earlier == failed
    assert (delivered_["response_status"], delivered_["error"]) == (204, None)
    assert delivered_["message_id"] == failed["message_id"]
    assert delivered_["next_attempt_at"] is None
    one = editor.get(f"/v1/webhooks/{made['id']}/deliveries/{failed['id']}")
    assert one.json() == failed
    other = register(editor, hook.url)["id"]
    assert editor.get(f"/v1/webhooks/{other}/deliveries/{failed['id']}").status_code == 404
    assert editor.get(f"/v1/webhooks/{other + 1}/deliveries").status_code == 404
    assert list_deliveries(editor, other) == []


def test_log_keeps_the_last_attempts_of_each_webhook(
    editor: TestClient,
    database: Database,
    hook: WebhookReceiver,
    lenient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "MAX_LOGGED_ATTEMPTS", 2)
    ids = [register(editor, hook.url)["id"] for _ in range(2)]
    for name in ("one", "two", "three"):
        editor.post("/v1/people", json=documents.person(slug=name))
    deliver_due(database)
    for id_ in ids:
        bodies = [json.loads(each["request_body"]) for each in list_deliveries(editor, id_)]
        assert [body["data"]["data"]["slug"] for body in bodies] == ["three", "two"]
    tag = editor.get(f"/v1/webhooks/{ids[0]}").headers["ETag"]
    editor.delete(f"/v1/webhooks/{ids[0]}", headers={"If-Match": tag})
    with database.session() as session:
        assert set(session.scalars(select(WebhookDelivery.webhook_id))) == {ids[1]}


def test_test_message_is_sent_once_beside_the_changes(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    """Also to a disabled webhook; its failure delays no change, and is not retried."""
    made = register(editor, hook.url, enabled=False)
    dry_run = editor.post(f"/v1/webhooks/{made['id']}/test", params={"validate_only": True})
    assert dry_run.status_code == 200
    assert list_deliveries(editor, made["id"]) == []
    answer = editor.post(f"/v1/webhooks/{made['id']}/test")
    assert answer.status_code == 202
    assert answer.json()["attempted_at"] is None
    hook.next_statuses = [500]
    assert deliver_due(database) == [made["id"]]
    ((headers, body),) = hook.messages
    verified = Verifier(made["secret"]).verify(body, headers)
    assert (verified["type"], verified["data"]) == ("webhook.test", {"webhook_id": made["id"]})
    assert find_schemas(verified) == ["TestMessage"]
    sent = editor.get(f"/v1/webhooks/{made['id']}/deliveries/{answer.json()['id']}").json()
    assert (sent["id"], sent["response_status"]) == (answer.json()["id"], 500)
    assert state(editor, made["id"]) == {
        name: value for name, value in made.items() if name != "secret"
    }
    assert deliver_due(database) == []


def test_few_messages_on_request_wait_for_a_webhook(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    made = register(editor, hook.url)
    editor.post("/v1/people", json=documents.person())
    deliver_due(database)
    (logged,) = list_deliveries(editor, made["id"])
    test = f"/v1/webhooks/{made['id']}/test"
    redeliver = f"/v1/webhooks/{made['id']}/deliveries/{logged['id']}/redeliver"
    accepted = [editor.post(test).status_code for _ in range(MAX_REQUESTED_MESSAGE_COUNT)]
    assert accepted == [202] * MAX_REQUESTED_MESSAGE_COUNT
    for path in (test, redeliver):
        refused = editor.post(path)
        assert refused.status_code == 409
        assert "10 messages on request are waiting" in refused.json()["detail"]
    other = register(editor, hook.url)["id"]
    assert editor.post(f"/v1/webhooks/{other}/test").status_code == 202
    deliver_due(database)
    assert len(hook.messages) == 1 + MAX_REQUESTED_MESSAGE_COUNT + 1
    assert editor.post(redeliver).status_code == 202


def test_redeliveries_have_the_present_record(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    made = register(editor, hook.url)
    path = editor.post("/v1/people", json=documents.person(slug="one")).headers["Location"]
    deliver_due(database)
    (first,) = list_deliveries(editor, made["id"])
    editor.patch(path, json={"birth_country": "CA"}, headers=IF_MATCH_ANY).raise_for_status()
    redeliver = f"/v1/webhooks/{made['id']}/deliveries/{first['id']}/redeliver"
    assert editor.post(redeliver).status_code == 202
    deliver_due(database)
    (_, before), (headers, again), _ = hook.messages
    assert headers["webhook-id"] == first["message_id"]
    sent = [json.loads(each)["data"]["data"]["birth_country"] for each in (before, again)]
    assert sent == [None, "CA"]
    assert deliver_due(database) == []
    with database.session() as session:
        session.execute(delete(RecordChange))
    assert editor.post(redeliver).status_code == 409
    assert editor.post(redeliver.replace(str(first["id"]), "999", 1)).status_code == 404


def test_redelivery_during_a_delivery_is_not_lost(
    editor: TestClient,
    database: Database,
    hook: WebhookReceiver,
    lenient: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post_message = delivery._post_message

    def post_and_redeliver(*arguments: Any) -> delivery.DeliveryResult:
        result = post_message(*arguments)
        if len(hook.messages) == 2:
            since = {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}
            assert (
                editor.post(f"/v1/webhooks/{made['id']}/redeliver", json=since).status_code == 202
            )
        return result

    monkeypatch.setattr(delivery, "_post_message", post_and_redeliver)
    made = register(editor, hook.url)
    for name in ("one", "two"):
        editor.post("/v1/people", json=documents.person(slug=name))
    deliver_due(database)
    deliver_due(database)
    assert [slug for _, slug in delivered(hook)] == ["one", "two", "one", "two"]


def test_changes_since_a_time_are_delivered_again(
    editor: TestClient, database: Database, hook: WebhookReceiver, lenient: None
) -> None:
    start = datetime.now(UTC).replace(microsecond=0)
    with time_machine.travel(start, tick=False) as clock:
        made = register(editor, hook.url)
        path = f"/v1/webhooks/{made['id']}/redeliver"
        for name in ("one", "two", "three"):
            editor.post("/v1/people", json=documents.person(slug=name))
            clock.shift(timedelta(minutes=1))
        since = {"since": f"{start + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"}
        editor.post(path, json=since)  # nothing is skipped
        deliver_due(database)
        assert [slug for _, slug in delivered(hook)] == ["one", "two", "three"]
        editor.post(path, json={"since": "2099-01-01T00:00:00Z"})
        assert deliver_due(database) == []
        answer = editor.post(path, json=since)
        assert (answer.status_code, answer.json()["attempts"]) == (202, 0)
        deliver_due(database)
        assert [slug for _, slug in delivered(hook)][3:] == ["two", "three"]
        old = {"since": f"{start - TOMBSTONE_RETENTION_PERIOD:%Y-%m-%dT%H:%M:%SZ}"}
        refused = editor.post(path, json=old).json()
        assert refused["errors"][0]["code"] == "too-old"
    entries = editor.get("/v1/audit", params={"action": "redeliver"}).json()["items"]
    assert len([each for each in entries if each["after"] == since]) == 2

"""Write the examples of the OpenAPI document: real responses about the embedded archive.

Usage: `python -m tools.response_examples`, or `make examples`. Lists are cut to two items, and long
texts to 300 characters; the secrets are invented.
"""

import json
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from PIL import Image
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.api.openapi.response_examples import EXAMPLES_PATH
from app.config import Settings
from app.db.database import Database
from app.db.models import Proposal
from app.domain.enums import ProposalStatus, RecordType, Scope
from app.ingest.dataset.load import load_dataset
from app.main import create_app
from app.resources.write_steps import build_database

_ROOT = Path(__file__).parents[1]
_MAX_LIST_ITEMS = 2
_MAX_TEXT_CHARS = 300

_READS = {
    "PortalPage": "/v1/missions/iss-59/page?month=2019-04",
    "MissionPage": "/v1/missions?sort=number&limit=2",
    "MissionRead": "/v1/missions/iss-59",
    "CrewAssignmentPage": "/v1/missions/iss-59/crew",
    "CrewAssignmentRead": "/v1/crew-assignments/1",
    "ArticlePage": "/v1/articles?published_on=2019-04-04&limit=2",
    "ArticleRead": "/v1/articles/launch-progress-ms-11",
    "ArchiveMonth": "/v1/articles/archive?month=2019-04",
    "LaunchPage": "/v1/launches?mission=iss-59&limit=2",
    "LaunchRead": "/v1/launches/soyuz-ms-12",
    "PersonPage": "/v1/people?aboard_on=2019-04-04&limit=2",
    "PersonRead": "/v1/people/christina-koch",
    "AgencyPage": "/v1/agencies?kind=government&limit=2",
    "AgencyRead": "/v1/agencies/nasa",
    "VehiclePage": "/v1/vehicles?family=soyuz&limit=2",
    "VehicleRead": "/v1/vehicles/soyuz-fg",
    "SpacecraftTypePage": "/v1/spacecraft-types?maker=spacex&limit=2",
    "SpacecraftTypeRead": "/v1/spacecraft-types/soyuz-ms",
    "ShipPage": "/v1/spacecraft?type=soyuz-ms&limit=2",
    "ShipRead": "/v1/spacecraft/soyuz-ms-12",
    "LaunchSitePage": "/v1/sites?limit=2",
    "LaunchSiteRead": "/v1/sites/kennedy-space-center",
    "Tags": "/v1/tags",
    "ModulePage": "/v1/modules?limit=2",
    "ModuleRead": "/v1/modules/zvezda",
    "StayPage": "/v1/stays?on=2019-04-04&limit=2",
    "StayRead": "/v1/stays/soyuz-ms-12-rassvet-nadir",
    "SpacewalkPage": "/v1/spacewalks?mission=iss-59&limit=2",
    "SpacewalkRead": "/v1/spacewalks/spacewalk-214",
    "TimelinePage": "/v1/timeline?mission=iss-59&limit=2",
    "StationRead": "/v1/station?on=2019-04-04",
    "Horizons": "/v1/horizon",
    "SearchPage": "/v1/search?q=ovchinin&limit=2",
    "Suggestions": "/v1/suggest?q=ovch",
    "ChangePage": "/v1/changes?types=person&limit=1",
    "ExportFiles": "/v1/export",
    "Calendar": "/v1/launches.ics?spacecraft=Zarya",
    "AtomFeed": "/v1/articles/feed.atom?launch=progress-ms-11&language=en",
    "RssFeed": "/v1/articles/feed.rss?launch=progress-ms-11&language=en",
    "JsonFeed": "/v1/articles/feed.json?launch=progress-ms-11&language=en",
    "ProposalPage": "/v1/proposals",
    "ProposalRead": "/v1/proposals/1",
    "Me": "/v1/me",
    "Roles": "/v1/roles",
}
"""Request whose response is the example of a schema, by its name."""

_CREATED: dict[str, tuple[str, dict[str, Any]]] = {
    "WebhookCreated": ("/v1/webhooks", {"target_url": "https://portal.example/hooks/zarya"}),
    "SourceRead": (
        "/v1/sources",
        {"name": "Station news", "feed_url": "https://portal.example/station.rss"},
    ),
    "KeyCreated": ("/v1/keys", {"name": "Importer", "scopes": ["launches:write"]}),
    "ArticlePreview": (
        "/v1/articles",
        {
            "title": "A quiet day",
            "lead": "Nothing happened.",
            "body": "*Nothing* at all.",
            "language": "en",
            "source": {"name": "Press office"},
        },
    ),
    "RenderedBody": ("/v1/articles/preview", {"body": "*Nothing* at all."}),
    "PreviewLinkCreated": ("/v1/articles/a-quiet-day/preview-links", {"expires_in_hours": 48}),
    "ArticleBatchResult": (
        "/v1/articles/batch",
        {"tag": {"articles": ["a-quiet-day"], "add": ["station"]}, "publish": ["no-such-day"]},
    ),
}
"""Path and body of the POST whose response is the example of a schema, by its name."""

_PICTURES: list[dict[str, Any]] = [
    {"slug": "soyuz-ms-12-lands"},
    {
        "slug": "soyuz-ms-12-on-the-pad",
        "alt": "Soyuz MS-12 on the launch pad",
        "alt_ru": "«Союз МС-12» на стартовом столе",
        "credit": "A photographer",
        "licence": "CC-BY-4.0",
        "published": True,
    },
]
"""Descriptions of the uploaded pictures, one of them published."""

_READS_AFTER_WRITES = {
    "WebhookPage": "/v1/webhooks",
    "WebhookRead": "/v1/webhooks/{WebhookCreated}",
    "SourcePage": "/v1/sources",
    "KeyPage": "/v1/keys?limit=2",
    "KeySummary": "/v1/keys/{KeyCreated}",
    "DraftPage": "/v1/drafts",
    "MediaPage": "/v1/media",
    "MediaRead": "/v1/media/soyuz-ms-12-on-the-pad",
    "MediaPreview": "/v1/media/soyuz-ms-12-on-the-pad/preview",
    "UnpublishedMediaPage": "/v1/unpublished-media",
    "WebhookDeliveryPage": "/v1/webhooks/{WebhookCreated}/deliveries",
    "WebhookDeliveryRead": "/v1/webhooks/{WebhookCreated}/deliveries/{WebhookDelivery}",
    "AuditPage": "/v1/audit?limit=2",
    "PreviewLinks": "/v1/articles/a-quiet-day/preview-links",
    "TrashPage": "/v1/trash",
    "RevisionPage": "/v1/articles/a-quiet-day/revisions",
    "RevisionRead": "/v1/articles/a-quiet-day/revisions/1",
    "RevisionDifference": "/v1/articles/a-quiet-day/revisions/1/difference/2",
}
"""As `_READS`, with the ids of what `_CREATED` created."""

_INVENTED_SECRETS = {"key": "zarya_example1_", "secret": "whsec_"}
"""Beginnings of the secrets in responses, by their keys."""


def main() -> None:
    """Write the examples to `EXAMPLES_PATH`."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/archive.db"
        config = Config(_ROOT / "alembic.ini")
        config.attributes["url"] = url
        command.upgrade(config, "head")
        database = build_database(url)
        load_dataset(database.session)
        key = _add_key_and_proposal(database)
        settings = Settings(
            database_url=url,
            media_dir=f"{folder}/media",
            rate_limit=0,
            key_rate_limit=0,
            request_seconds=60,
        )
        app = create_app(settings)
        client = TestClient(
            app, "http://127.0.0.1:8000", headers={"Authorization": f"Bearer {key}"}
        )
        examples = _read_examples(client)
        database.close()
    text = json.dumps(dict(sorted(examples.items())), ensure_ascii=False, indent=1)
    EXAMPLES_PATH.write_text(f"{text}\n", "utf-8")
    sys.stdout.write(f"{len(examples)} examples, {len(text):,} characters\n")


def _add_key_and_proposal(database: Database) -> str:
    """Add a key with all scopes, which is returned, and a proposal."""
    with database.session() as session:
        stored, key = generate_api_key("Press office", list(Scope))
        session.add(stored)
        session.add(
            Proposal(
                type=RecordType.PERSON,
                scheme="launch-library",
                key="276",
                title="Kjell N. Lindgren",
                document={"name": "Kjell N. Lindgren", "nationality": "US", "agency": "NASA"},
                publish=False,
                seen=["0000000000000001"],
                evidence="similar name; the flights are unknown",
                candidate_ids=[1],
                status=ProposalStatus.OPEN,
            )
        )
        session.commit()
    return key


def _read_examples(client: TestClient) -> dict[str, Any]:
    examples = {name: _get(client, path) for name, path in _READS.items()}
    sign_in = {"key": client.headers["Authorization"].removeprefix("Bearer ")}
    examples["Session"] = _shorten(client.post("/v1/session", json=sign_in).json())
    ids: dict[str, Any] = {}
    for name, (path, document) in _CREATED.items():
        created = client.post(path, json=document).raise_for_status().json()
        ids[name] = created.get("id")
        examples[name] = _shorten(created)
    patch = {"tags": ["crew"], "missions": ["iss-59"]}
    address = "/v1/articles/a-quiet-day"
    client.patch(address, json=patch, headers={"If-Match": "*"}).raise_for_status()
    for size, description in enumerate(_PICTURES, 300):
        _upload(client, size, description)
    person = client.post("/v1/people", json={"name": "Ivan Example"}).raise_for_status()
    client.delete(person.headers["Location"], headers={"If-Match": "*"}).raise_for_status()
    test = client.post(f"/v1/webhooks/{ids['WebhookCreated']}/test").raise_for_status()
    ids["WebhookDelivery"] = test.json()["id"]
    for name, path in _READS_AFTER_WRITES.items():
        examples[name] = _get(client, path.format(**ids))
    tags = {"type": "article", "slug": "a-quiet-day", "fields": ["tags"], "reason": "Request 17"}
    redacted = client.post("/v1/audit/redact", json=tags).raise_for_status()
    examples["RedactionRead"] = redacted.json()
    [change] = examples["ChangePage"]["items"]
    data = json.dumps(change, ensure_ascii=False, separators=(",", ":"))
    for type_ in RecordType:
        examples |= _change_messages(_get(client, f"/v1/changes?types={type_}&limit=1"))
    examples["webhook.test"] = {
        "type": "webhook.test",
        "timestamp": examples["WebhookDeliveryRead"]["created_at"],
        "data": {"webhook_id": ids["WebhookCreated"]},
    }
    examples["EventStream"] = f"event: upsert\ndata: {data}\nid: W10sIDAsIDAsIDE3NDBd\n\n"
    return examples


def _change_messages(page: Any) -> dict[str, Any]:
    """Messages of webhooks about the change in `page`, and about the deletion of its record."""
    [change] = page["items"]
    deletion = change | {"op": "delete", "data": None}
    messages = (
        {"type": f"{each['type']}.{each['op']}", "timestamp": each["changed_at"], "data": each}
        for each in (change, deletion)
    )
    return {message["type"]: message for message in messages}


def _upload(client: TestClient, size: int, description: dict[str, Any]) -> None:
    """Upload a grey picture of `size` × `size` pixels."""
    content = BytesIO()
    Image.linear_gradient("L").resize((size, size)).save(content, "PNG")
    answer = client.post(
        "/v1/media",
        files={"file": ("picture.png", content.getvalue())},
        data={"metadata": json.dumps(description)},
    )
    answer.raise_for_status()


def _get(client: TestClient, path: str) -> Any:
    response = client.get(path).raise_for_status()
    is_json = "json" in response.headers["Content-Type"]
    return _shorten(response.json()) if is_json else response.text


def _shorten(value: Any, name: str = "") -> Any:
    """Shorten lists and texts in `value`, the value of the key `name`, and replace secrets."""
    match value:
        case dict():
            return {key: _shorten(part, key) for key, part in value.items()}
        case list():
            return [_shorten(item) for item in value[:_MAX_LIST_ITEMS]]
        case str() if name in _INVENTED_SECRETS and value.startswith(("zarya_", "whsec_")):
            beginning = _INVENTED_SECRETS[name]
            return beginning + "x" * (len(value) - len(beginning))
        case str() if len(value) > _MAX_TEXT_CHARS:
            return f"{value[: _MAX_TEXT_CHARS - 1]}…"
    return value


if __name__ == "__main__":
    main()

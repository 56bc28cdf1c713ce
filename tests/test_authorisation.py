"""Authorisation matrix: all authenticated routes with all kinds of valid and invalid keys."""

from collections.abc import Callable
from datetime import timedelta
from inspect import signature
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from app.api.api_key_format import generate_api_key
from app.api.auth import RequireScope
from app.api.error_handlers import add_exception_handlers
from app.api.routing import authenticated_routes
from app.config import Settings
from app.domain.dates import now
from app.domain.enums import Scope
from app.main import create_app
from app.resources.registry import RECORD_RESOURCES
from tests.support import documents, factories
from tests.support.clients import client_with_key, database_of
from tests.support.documents import IF_MATCH_ANY
from tests.support.ports import create_launch_and_port
from tests.support.proposals import add_person, add_proposal

Maker = Callable[[TestClient], dict[str, str]]
"""Function that creates the target of an operation; returns its path parameters."""


def no_target(_editor: TestClient) -> dict[str, str]:
    return {}


def maker_of(resource: str, document: Callable[[], dict[str, Any]]) -> Maker:
    def make(editor: TestClient) -> dict[str, str]:
        return {"slug": editor.post(f"/v1/{resource}", json=document()).json()["slug"]}

    return make


def article_version(editor: TestClient) -> dict[str, str]:
    return {"collection": "articles", "version": "1", "other": "1"} | ARTICLE(editor)


def deleted_article(editor: TestClient) -> dict[str, str]:
    path_params = ARTICLE(editor)
    editor.delete(f"/v1/articles/{path_params['slug']}", headers=IF_MATCH_ANY)
    return path_params


def assignment(editor: TestClient) -> dict[str, str]:
    document = crew(editor)
    return {"id": str(editor.post("/v1/crew-assignments", json=document).json()["id"])}


def stay(editor: TestClient) -> dict[str, Any]:
    return documents.stay(**create_launch_and_port(editor))


def made_stay(editor: TestClient) -> dict[str, str]:
    return {"slug": editor.post("/v1/stays", json=stay(editor)).json()["slug"]}


def media(editor: TestClient) -> dict[str, str]:
    record = factories.media()
    with database_of(editor).session() as session:
        session.add(record)
        return {"slug": record.slug}


def webhook(editor: TestClient) -> dict[str, str]:
    return {"id": str(editor.post("/v1/webhooks", json=HOOK).json()["id"])}


def delivery(editor: TestClient) -> dict[str, str]:
    params = webhook(editor)
    tested = editor.post(f"/v1/webhooks/{params['id']}/test").json()
    return params | {"delivery_id": str(tested["id"])}


def source(editor: TestClient) -> dict[str, str]:
    return {"id": str(editor.post("/v1/sources", json=FEED).json()["id"])}


def proposal(editor: TestClient) -> dict[str, str]:
    path = add_proposal(editor, add_person(editor))
    return {"id": path.rpartition("/")[2]}


def key(editor: TestClient) -> dict[str, str]:
    return {"id": editor.post("/v1/keys", json=KEY).json()["id"]}


def crew(editor: TestClient) -> dict[str, Any]:
    mission, person = MISSION(editor)["slug"], PERSON(editor)["slug"]
    return {"mission": mission, "person": person, "role": "commander"}


ARTICLE = maker_of("articles", documents.article)
PERSON = maker_of("people", documents.person)
MISSION = maker_of("missions", documents.mission)
LAUNCH = maker_of("launches", documents.launch)
AGENCY = maker_of("agencies", documents.agency)
SPACECRAFT_TYPE = maker_of("spacecraft-types", documents.spacecraft_type)
VEHICLE = maker_of("vehicles", documents.vehicle)
MODULE = maker_of("modules", documents.module)
SITE = maker_of("sites", documents.site)
SPACEWALK = maker_of("spacewalks", documents.spacewalk)


def into(make: Maker) -> Maker:
    """Builder of the body of a merge into another record."""

    def build(editor: TestClient) -> dict[str, str]:
        return {"into": make(editor)["slug"]}

    return build


def spacecraft(editor: TestClient) -> dict[str, Any]:
    return documents.spacecraft(type=SPACECRAFT_TYPE(editor)["slug"])


def made_spacecraft(editor: TestClient) -> dict[str, str]:
    created = editor.post("/v1/spacecraft", json=spacecraft(editor)).raise_for_status()
    return {"slug": created.json()["slug"]}


def preview_link(editor: TestClient) -> dict[str, str]:
    path_params = ARTICLE(editor)
    address = f"/v1/articles/{path_params['slug']}/preview-links"
    return path_params | {"id": str(editor.post(address, json={}).json()["id"])}


def batch(editor: TestClient) -> dict[str, Any]:
    return {"publish": [ARTICLE(editor)["slug"]]}


def redaction(editor: TestClient) -> dict[str, Any]:
    slug = PERSON(editor)["slug"]
    for country in ("CA", "JP"):
        change = {"birth_country": country}
        editor.patch(f"/v1/people/{slug}", json=change, headers=IF_MATCH_ANY).raise_for_status()
    fields = {"fields": ["birth_country"], "reason": "A request"}
    return {"type": "person", "slug": slug} | fields


def deleted_person(editor: TestClient) -> dict[str, str]:
    slug = PERSON(editor)["slug"]
    path = f"/v1/people/{slug}"
    id_ = editor.get(path).json()["id"]
    editor.delete(path, headers=IF_MATCH_ANY).raise_for_status()
    return {"collection": "people", "id": str(id_)}


HOOK = {"target_url": "https://portal.example/hook"}
SINCE = {"since": "2099-01-01T00:00:00Z"}
FEED = {"name": "A feed", "feed_url": "https://portal.example/feed"}
HORIZON = {"kinds": ["crews"], "known_until": "2026-03-15T12:00:00Z"}
KEY = {"name": "Another", "scopes": ["audit:read"]}

AUTHOR = (Scope.ARTICLES_DRAFT, Scope.ARTICLES_WRITE)
DRAFT_READER = (Scope.DRAFTS_READ, *AUTHOR)
MEDIA_READER = (Scope.DRAFTS_READ, Scope.MEDIA_WRITE)

TRASH_READER = (Scope.AUDIT_READ, *dict.fromkeys(each.scope for each in RECORD_RESOURCES.values()))

MATRIX: dict[str, tuple[Scope | tuple[Scope, ...] | None, Maker, Any, int]] = {
    "createArticle": (AUTHOR, no_target, documents.article, 201),
    "updateArticle": (AUTHOR, ARTICLE, {"note": "A note"}, 200),
    "deleteArticle": (Scope.ARTICLES_WRITE, ARTICLE, None, 204),
    "previewArticle": (DRAFT_READER, ARTICLE, None, 200),
    "renderArticleBody": (AUTHOR, no_target, {"body": "Text."}, 200),
    "publishArticle": (Scope.ARTICLES_WRITE, ARTICLE, None, 200),
    "unpublishArticle": (Scope.ARTICLES_WRITE, ARTICLE, None, 200),
    "restoreArticle": (Scope.ARTICLES_WRITE, deleted_article, None, 200),
    "changeArticles": (Scope.ARTICLES_WRITE, no_target, batch, 200),
    "listPreviewLinks": (AUTHOR, ARTICLE, None, 200),
    "createPreviewLink": (AUTHOR, ARTICLE, {"expires_in_hours": 1}, 201),
    "revokePreviewLink": (AUTHOR, preview_link, None, 204),
    "listDrafts": (DRAFT_READER, no_target, None, 200),
    "createMission": (Scope.MISSIONS_WRITE, no_target, documents.mission, 201),
    "updateMission": (Scope.MISSIONS_WRITE, MISSION, {"summary": "Short"}, 200),
    "deleteMission": (Scope.MISSIONS_WRITE, MISSION, None, 204),
    "replaceMissionTasks": (Scope.MISSIONS_WRITE, MISSION, {"items": ["Work"]}, 200),
    "setFeaturedArticle": (
        (Scope.ARTICLES_WRITE, Scope.MISSIONS_WRITE),
        MISSION,
        {"article": None},
        200,
    ),
    "replaceMissionCrew": (Scope.MISSIONS_WRITE, MISSION, {"items": []}, 200),
    "createCrewAssignment": (Scope.MISSIONS_WRITE, no_target, crew, 201),
    "updateCrewAssignment": (Scope.MISSIONS_WRITE, assignment, {"position": "CDR"}, 200),
    "deleteCrewAssignment": (Scope.MISSIONS_WRITE, assignment, None, 204),
    "moveHorizon": (Scope.MISSIONS_WRITE, no_target, HORIZON, 200),
    "createPerson": (Scope.PEOPLE_WRITE, no_target, documents.person, 201),
    "updatePerson": (Scope.PEOPLE_WRITE, PERSON, {"birth_country": "CA"}, 200),
    "deletePerson": (Scope.PEOPLE_WRITE, PERSON, None, 204),
    "mergePerson": (Scope.PEOPLE_WRITE, PERSON, into(PERSON), 200),
    "mergeAgency": (Scope.AGENCIES_WRITE, AGENCY, into(AGENCY), 200),
    "mergeSite": (Scope.SITES_WRITE, SITE, into(SITE), 200),
    "mergeVehicle": (Scope.VEHICLES_WRITE, VEHICLE, into(VEHICLE), 200),
    "mergeSpacecraft": (Scope.SPACECRAFT_WRITE, made_spacecraft, into(made_spacecraft), 200),
    "mergeSpacecraftType": (
        Scope.SPACECRAFT_WRITE,
        SPACECRAFT_TYPE,
        into(SPACECRAFT_TYPE),
        200,
    ),
    "createLaunch": (Scope.LAUNCHES_WRITE, no_target, documents.launch, 201),
    "updateLaunch": (Scope.LAUNCHES_WRITE, LAUNCH, {"outcome_note": "A note"}, 200),
    "deleteLaunch": (Scope.LAUNCHES_WRITE, LAUNCH, None, 204),
    "createVehicle": (Scope.VEHICLES_WRITE, no_target, documents.vehicle, 201),
    "updateVehicle": (Scope.VEHICLES_WRITE, VEHICLE, {"stages": 2}, 200),
    "deleteVehicle": (Scope.VEHICLES_WRITE, VEHICLE, None, 204),
    "createSpacecraftType": (Scope.SPACECRAFT_WRITE, no_target, documents.spacecraft_type, 201),
    "updateSpacecraftType": (Scope.SPACECRAFT_WRITE, SPACECRAFT_TYPE, {"crewed": False}, 200),
    "deleteSpacecraftType": (Scope.SPACECRAFT_WRITE, SPACECRAFT_TYPE, None, 204),
    "createSpacecraft": (Scope.SPACECRAFT_WRITE, no_target, spacecraft, 201),
    "updateSpacecraft": (Scope.SPACECRAFT_WRITE, made_spacecraft, {"serial": "C1"}, 200),
    "deleteSpacecraft": (Scope.SPACECRAFT_WRITE, made_spacecraft, None, 204),
    "createModule": (Scope.MODULES_WRITE, no_target, documents.module, 201),
    "updateModule": (Scope.MODULES_WRITE, MODULE, {"mass_kg": 4000}, 200),
    "deleteModule": (Scope.MODULES_WRITE, MODULE, None, 204),
    "createAgency": (Scope.AGENCIES_WRITE, no_target, documents.agency, 201),
    "updateAgency": (Scope.AGENCIES_WRITE, AGENCY, {"country": "CA"}, 200),
    "deleteAgency": (Scope.AGENCIES_WRITE, AGENCY, None, 204),
    "createStay": (Scope.STAYS_WRITE, no_target, stay, 201),
    "updateStay": (Scope.STAYS_WRITE, made_stay, {"arrival_kind": "berthing"}, 200),
    "deleteStay": (Scope.STAYS_WRITE, made_stay, None, 204),
    "createSpacewalk": (Scope.SPACEWALKS_WRITE, no_target, documents.spacewalk, 201),
    "updateSpacewalk": (Scope.SPACEWALKS_WRITE, SPACEWALK, {"purpose": "A walk"}, 200),
    "deleteSpacewalk": (Scope.SPACEWALKS_WRITE, SPACEWALK, None, 204),
    "uploadMedia": (Scope.MEDIA_WRITE, no_target, {"slug": "without-a-file"}, 422),
    "updateMedia": (Scope.MEDIA_WRITE, media, {"credit": "NASA"}, 200),
    "deleteMedia": (Scope.MEDIA_WRITE, media, None, 204),
    "previewMedia": (MEDIA_READER, media, None, 200),
    "listUnpublishedMedia": (MEDIA_READER, no_target, None, 200),
    "createSite": (Scope.SITES_WRITE, no_target, documents.site, 201),
    "updateSite": (Scope.SITES_WRITE, SITE, {"latitude": 45.6}, 200),
    "deleteSite": (Scope.SITES_WRITE, SITE, None, 204),
    "listWebhooks": (Scope.WEBHOOKS_WRITE, no_target, None, 200),
    "getWebhook": (Scope.WEBHOOKS_WRITE, webhook, None, 200),
    "createWebhook": (Scope.WEBHOOKS_WRITE, no_target, HOOK, 201),
    "updateWebhook": (Scope.WEBHOOKS_WRITE, webhook, {"description": "Ours"}, 200),
    "deleteWebhook": (Scope.WEBHOOKS_WRITE, webhook, None, 204),
    "testWebhook": (Scope.WEBHOOKS_WRITE, webhook, None, 202),
    "redeliverChanges": (Scope.WEBHOOKS_WRITE, webhook, SINCE, 202),
    "listWebhookDeliveries": (Scope.WEBHOOKS_WRITE, webhook, None, 200),
    "getWebhookDelivery": (Scope.WEBHOOKS_WRITE, delivery, None, 200),
    "redeliverMessage": (Scope.WEBHOOKS_WRITE, delivery, None, 202),
    "listSources": (Scope.SOURCES_WRITE, no_target, None, 200),
    "getSource": (Scope.SOURCES_WRITE, source, None, 200),
    "createSource": (Scope.SOURCES_WRITE, no_target, FEED, 201),
    "updateSource": (Scope.SOURCES_WRITE, source, {"every_minutes": 30}, 200),
    "deleteSource": (Scope.SOURCES_WRITE, source, None, 204),
    "pollSource": (Scope.SOURCES_WRITE, source, None, 202),
    "listProposals": (Scope.PROPOSALS_WRITE, no_target, None, 200),
    "getProposal": (Scope.PROPOSALS_WRITE, proposal, None, 200),
    "mergeProposal": (Scope.PROPOSALS_WRITE, proposal, {"slug": None}, 200),
    "separateProposal": (Scope.PROPOSALS_WRITE, proposal, None, 200),
    "listKeys": (Scope.KEYS_ADMIN, no_target, None, 200),
    "getKey": (Scope.KEYS_ADMIN, key, None, 200),
    "createKey": (Scope.KEYS_ADMIN, no_target, KEY, 201),
    "rotateKey": (Scope.KEYS_ADMIN, key, {"overlap_hours": 1}, 201),
    "revokeKey": (Scope.KEYS_ADMIN, key, None, 204),
    "listRevisions": (None, article_version, None, 200),
    "getRevision": (None, article_version, None, 200),
    "compareRevisions": (None, article_version, None, 200),
    "restoreRevision": (None, article_version, None, 200),
    "restoreRecordUnderSlug": (None, deleted_person, {"slug": "restored"}, 200),
    "listTrash": (TRASH_READER, no_target, None, 200),
    "listAuditEntries": (Scope.AUDIT_READ, no_target, None, 200),
    "listRoles": (None, no_target, None, 200),
    "redactAuditEntries": (Scope.AUDIT_REDACT, no_target, redaction, 200),
    "getMe": (None, no_target, None, 200),
}
"""By operation id: scope, maker of the target, request body, and status with a valid key.

Of several scopes a key needs one. The scope is None if any key will do, or if it depends on the
path: tests/revisions.
"""

SESSION_OPERATIONS = {"createSession", "getSession", "deleteSession"}
"""Operations that create a session, or accept nothing else: tests/session."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("authorisation")
    return create_app(Settings(database_url=f"sqlite:///{folder}/unused.db"))


def scopes_of(operation: str) -> tuple[Scope, ...]:
    """The scopes of which a key needs one for an operation; empty if any key will do."""
    scope = MATRIX[operation][0]
    return scope if isinstance(scope, tuple) else () if scope is None else (scope,)


def writing_routes(app: FastAPI) -> set[str]:
    """Names of the routes with a method other than GET."""
    found = set()
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and (route.methods or set()) - {"GET", "HEAD"}:
            found.add(route.name)
    return found


def find_gaps(app: FastAPI) -> set[str]:
    """Writing or authenticated routes with a missing or wrong row in the matrix."""
    keyed = {route.name: allowed.scopes for route, allowed in authenticated_routes(app)}
    wanted = {name: scopes_of(name) for name in MATRIX}
    wrong = {name for name in keyed.keys() & wanted.keys() if keyed[name] != wanted[name]}
    gaps = wrong | (keyed.keys() ^ wanted.keys()) | (writing_routes(app) - keyed.keys())
    return gaps - SESSION_OPERATIONS


def test_matrix_covers_every_keyed_route(app: FastAPI) -> None:
    assert find_gaps(app) == set()


def test_uncovered_route_is_found(app: FastAPI) -> None:
    """Positive control: a new writing route without a key."""
    added = FastAPI()
    added.include_router(app.router)

    @added.post("/v1/open", name="openToAll")
    async def open_to_all() -> None: ...

    assert find_gaps(added) == {"openToAll"}


def wrong_keys(client: TestClient, scopes: tuple[Scope, ...]) -> dict[str, tuple[str | None, int]]:
    """Keys that the route refuses, by kind, with the expected status."""
    moment = now()
    _, unknown = generate_api_key("Unknown", list(Scope))
    expired, expired_text = generate_api_key("Expired", list(Scope), moment - timedelta(days=1))
    revoked, revoked_text = generate_api_key("Revoked", list(Scope))
    revoked.revoked_at = moment
    with database_of(client).session() as session:
        session.add_all([expired, revoked])
    kinds: dict[str, tuple[str | None, int]] = {
        "none": (None, 401),
        "malformed": ("zarya_nothing", 401),
        "of another checksum": (unknown[:-1] + ("a" if unknown[-1] != "a" else "b"), 401),
        "unknown": (unknown, 401),
        "expired": (expired_text, 401),
        "revoked": (revoked_text, 401),
    }
    if scopes:
        others, text = generate_api_key("Wrong scope", {*Scope}.difference(scopes))
        with database_of(client).session() as session:
            session.add(others)
        kinds["wrong scope"] = (text, 403)
    return kinds


def build_body(editor: TestClient, body: Any) -> Any:
    """The request body of a row: itself, or what a factory builds, if need be with records."""
    if not callable(body):
        return body
    return body(editor) if "editor" in signature(body).parameters else body()


@pytest.mark.slow
@pytest.mark.parametrize("operation", MATRIX)
def test_route_accepts_only_its_scope(
    client: TestClient, editor: TestClient, app: FastAPI, operation: str
) -> None:
    _, make, body, success = MATRIX[operation]
    scopes = scopes_of(operation)
    route = next(route for route, _ in authenticated_routes(app) if route.name == operation)
    (method,) = route.methods or {"GET"}
    document = build_body(editor, body)
    path_params = make(editor)
    address = route.path.format(**path_params)

    def ask(key: str | None, content: Any = document) -> Any:
        headers = IF_MATCH_ANY | ({"Authorization": f"Bearer {key}"} if key else {})
        json = {"json": content} if content is not None else {}
        return client.request(method, address, headers=headers, **json)

    for kind, (text, status) in wrong_keys(client, scopes).items():
        # The key is checked before the body.
        for content in (document, {"nonsense": 1} if document is not None else None):
            answer = ask(text, content)
            assert answer.status_code == status, f"{kind}: {answer.text}"
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="zarya"')
            assert answer.headers["Content-Type"] == "application/problem+json"
        if status == 403:
            assert all(scope in answer.json()["detail"] for scope in scopes)
            assert f'scope="{scopes[0]}"' in answer.headers["WWW-Authenticate"]
    right = client_with_key(client, *(scopes[:1] or Scope))
    passed = ask(right.headers["Authorization"].removeprefix("Bearer "))
    assert passed.status_code == success, passed.text
    assert passed.headers["Cache-Control"] == "private, no-store"


def test_each_scope_requirement_is_checked(client: TestClient) -> None:
    """Two requirements of one endpoint: the client cached by the first lacks the second scope."""
    both = FastAPI()
    both.state.services = client.app.state.services  # type: ignore[attr-defined]  # FastAPI
    add_exception_handlers(both)
    scopes = Scope.ARTICLES_WRITE, Scope.AUDIT_READ

    @both.get("/both", dependencies=[Depends(RequireScope(scope)) for scope in scopes])
    async def read_both() -> None: ...

    guarded = TestClient(both)
    for key_scopes, status in (((), 403), (scopes[:1], 403), (scopes[1:], 403), (scopes, 200)):
        headers = {"Authorization": client_with_key(client, *key_scopes).headers["Authorization"]}
        response = guarded.get("/both", headers=headers)
        assert response.status_code == status, key_scopes
        if status == 403:
            assert str(next(s for s in scopes if s not in key_scopes)) in response.json()["detail"]

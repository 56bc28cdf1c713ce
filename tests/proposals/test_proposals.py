"""Proposals resource: lists, the two sides of a proposal, decisions and refusals."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.db.database import Database
from app.db.models import stored_id
from app.domain.enums import ArticleState, ProposalStatus, RecordType
from app.resources.proposals.queries import count_open_proposals
from tests.support import documents, factories
from tests.support.documents import IF_MATCH_ANY
from tests.support.proposals import add_person, add_proposal


@pytest.fixture
def kjell(client: TestClient) -> int:
    """Person `kjell-lindgren`; the id."""
    return add_person(client, slug="kjell-lindgren", name="Kjell Lindgren", nationality="US")


@pytest.fixture
def path(client: TestClient, kjell: int) -> str:
    """Proposal with Kjell Lindgren as the only candidate; the path."""
    document = {"name": "K. Lindgren", "nationality": "US", "agency": "NASA"}
    return add_proposal(client, kjell, title="K. Lindgren", document=document)


def audit_entries(editor: TestClient, path: str) -> list[dict[str, Any]]:
    """Audit log entries of one request of a proposal, newest first."""
    params: dict[str, Any] = {"type": "proposal", "record_id": path.rpartition("/")[2], "limit": 1}
    newest: list[dict[str, Any]] = editor.get("/v1/audit", params=params).json()["items"]
    return newest


def decide(editor: TestClient, path: str, action: str, **options: Any) -> Any:
    """Response to `merge` with the only candidate, or to `separate`."""
    body: dict[str, Any] = {"json": {}} if action == "merge" else {}
    return editor.post(f"{path}/{action}", **body, **options)


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        ({"slug": "nobody"}, "/slug", "unknown-reference"),
        ({"slug": "iss-1"}, "/slug", "unknown-reference"),
        ({"slug": "Not a slug"}, "/slug", "string_pattern_mismatch"),
        ({"slug": 5}, "/slug", "string_type"),
        ({"id": 1}, "/id", "extra_forbidden"),
        ([], "", "model_attributes_type"),
    ],
)
def test_invalid_merges_are_refused(
    editor: TestClient, path: str, document: Any, pointer: str, code: str
) -> None:
    editor.post("/v1/missions", json=documents.mission(number=1))  # a slug of another type
    refused = editor.post(f"{path}/merge", json=document)
    assert refused.status_code == 422, refused.text
    problem = refused.json()["errors"][0]
    assert (problem["pointer"], problem["code"]) == (pointer, code)
    assert editor.get(path).json()["status"] == "open"
    assert editor.post(f"{path}/merge", json={"slug": "kjell-lindgren"}).status_code == 200


def test_merge_without_slug_needs_one_candidate(editor: TestClient, kjell: int) -> None:
    other = add_person(editor, slug="anne-mcclain")
    several = add_proposal(editor, kjell, other)
    refused = editor.post(f"{several}/merge", json={}).json()
    assert refused["errors"][0]["detail"] == (
        "Name the record that the entry is. Candidates: anne-mcclain, kjell-lindgren."
    )
    editor.delete("/v1/people/anne-mcclain", headers=IF_MATCH_ANY)
    assert editor.post(f"{several}/merge", json={}).json()["record"]["slug"] == "kjell-lindgren"
    none = add_proposal(editor, other)
    refused = editor.post(f"{none}/merge", json={}).json()
    assert refused["errors"][0]["code"] == "missing"


@pytest.mark.parametrize("action", ["", "/merge", "/separate"])
def test_unknown_proposals_are_not_found(editor: TestClient, action: str) -> None:
    path = f"/v1/proposals/999999{action}"
    if action:
        missing = editor.post(path, json={} if action == "/merge" else None)
    else:
        missing = editor.get(path)
    assert (missing.status_code, "/v1/proposals" in missing.json()["detail"]) == (404, True)


@pytest.mark.parametrize(
    ("query", "status", "expected"),
    [
        ("status=decided", 422, None),
        ("status=open,merged", 422, None),
        ("type=planet", 422, None),
        ("sort=-id", 422, None),
        ("", 200, ["A", "C", "E"]),
        ("status=open", 200, ["A", "C", "E"]),
        ("status=merged", 200, ["B"]),
        ("status=separate", 200, ["D"]),
        ("type=launch", 200, ["C"]),
        ("type=launch,article", 200, ["C", "E"]),
        ("type=launch&type=person", 200, ["A", "C"]),
        ("type=mission", 200, []),
        ("status=separate&type=person", 200, []),
        ("limit=2", 200, ["A", "C"]),
    ],
)
def test_list_filters(
    editor: TestClient, query: str, status: int, expected: list[str] | None
) -> None:
    rows = [
        ("A", RecordType.PERSON, ProposalStatus.OPEN),
        ("B", RecordType.PERSON, ProposalStatus.MERGED),
        ("C", RecordType.LAUNCH, ProposalStatus.OPEN),
        ("D", RecordType.LAUNCH, ProposalStatus.SEPARATE),
        ("E", RecordType.ARTICLE, ProposalStatus.OPEN),
    ]
    for title, type_, state in rows:
        add_proposal(editor, title=title, type=type_, status=state)
    response = editor.get(f"/v1/proposals?{query}")
    assert response.status_code == status, response.text
    if expected is not None:
        assert [each["title"] for each in response.json()["items"]] == expected


def test_list_has_pages_totals_and_other_formats(editor: TestClient, kjell: int) -> None:
    for title in "ABC":
        add_proposal(editor, kjell, title=title)
    first = editor.get("/v1/proposals?type=person&limit=2&with_total=true").json()
    assert first["total"] == 3
    second = editor.get(first["next"]).json()
    assert [each["title"] for each in second["items"]] == ["C"]
    assert editor.get(second["prev"]).json()["items"] == first["items"]
    csv = editor.get("/v1/proposals?format=csv").text.splitlines()
    assert len(csv) == 4
    assert "record.slug" in csv[0]


def test_proposal_shows_entry_candidates_and_differences(
    editor: TestClient, path: str, kjell: int
) -> None:
    response = editor.get(path)
    found = response.json()
    assert response.headers["ETag"].endswith('.1"')
    assert (found["status"], found["title"], found["record"]) == ("open", "K. Lindgren", None)
    assert found["entry"] == {"name": "K. Lindgren", "nationality": "US", "agency": "NASA"}
    assert (found["source"], found["evidence"]) == ("launch-library", "similar name")
    (candidate,) = found["candidates"]
    assert (candidate["slug"], candidate["title"]) == ("kjell-lindgren", "Kjell Lindgren")
    assert (candidate["record"]["id"], candidate["record"]["nationality"]) == (kjell, "US")
    assert candidate["differences"] == [
        {"field": "name", "entry": "K. Lindgren", "record": "Kjell Lindgren"},
        {"field": "agency", "entry": "NASA", "record": None},
    ]
    (listed,) = editor.get("/v1/proposals").json()["items"]
    assert listed == {name: value for name, value in found.items() if name != "entry"} | {
        "candidates": [{name: candidate[name] for name in ("slug", "title", "url")}]
    }


def test_differences_ignore_the_form_of_values(editor: TestClient) -> None:
    """Times in another zone and omitted members of objects are the same value."""
    document = documents.launch(sources=[{"name": "Press"}], launch_at="2031-04-04T11:01:35Z")
    launch = editor.post("/v1/launches", json=document).json()
    entry = document | {"launch_at": "2031-04-04T14:01:35+03:00", "crewed": False}
    ids = editor.get("/v1/changes?types=launch").json()["items"]
    path = add_proposal(editor, ids[0]["id"], type=RecordType.LAUNCH, document=entry)
    (candidate,) = editor.get(path).json()["candidates"]
    assert candidate["slug"] == launch["slug"]
    assert candidate["differences"] == [{"field": "crewed", "entry": False, "record": True}]


def test_invalid_entry_is_compared_as_written(editor: TestClient, kjell: int) -> None:
    path = add_proposal(editor, kjell, document={"name": "", "planet": "Mars"})
    (candidate,) = editor.get(path).json()["candidates"]
    assert [each["field"] for each in candidate["differences"]] == ["name", "planet"]


def test_deleted_candidates_are_left_out(editor: TestClient, kjell: int) -> None:
    other = add_person(editor, slug="anne-mcclain")
    path = add_proposal(editor, kjell, other)
    assert len(editor.get(path).json()["candidates"]) == 2
    editor.delete("/v1/people/anne-mcclain", headers=IF_MATCH_ANY)
    (left,) = editor.get(path).json()["candidates"]
    assert left["slug"] == "kjell-lindgren"
    (listed,) = editor.get("/v1/proposals").json()["items"]
    assert [each["slug"] for each in listed["candidates"]] == ["kjell-lindgren"]
    assert editor.post(f"{path}/merge", json={"slug": "anne-mcclain"}).status_code == 422


def test_article_in_trash_is_no_candidate_and_draft_is_one(
    editor: TestClient, database: Database
) -> None:
    with database.session() as session:
        articles = [factories.article(state=state) for state in ArticleState]
        session.add_all(articles)
        session.flush()
        ids = {each.state: stored_id(each) for each in articles}
        slugs = {each.state: each.slug for each in articles}
    path = add_proposal(editor, *ids.values(), type=RecordType.ARTICLE, document={"title": "A"})
    shown = {each["slug"] for each in editor.get(path).json()["candidates"]}
    assert shown == set(slugs.values()) - {slugs[ArticleState.DELETED]}
    in_trash = {"slug": slugs[ArticleState.DELETED]}
    assert editor.post(f"{path}/merge", json=in_trash).status_code == 422
    draft = {"slug": slugs[ArticleState.DRAFT]}
    assert editor.post(f"{path}/merge", json=draft).status_code == 200


def test_merge_decides_and_is_audited(editor: TestClient, path: str) -> None:
    before = editor.get("/v1/people/kjell-lindgren").content
    merged = editor.post(f"{path}/merge", json={}, headers={"If-Match": '"x.1"'})
    assert merged.status_code == 200, merged.text
    assert merged.json() == editor.get(path).json()
    assert merged.headers["ETag"].endswith('.2"')
    assert (merged.json()["status"], merged.json()["version"]) == ("merged", 2)
    assert merged.json()["record"]["slug"] == "kjell-lindgren"
    assert editor.get("/v1/people/kjell-lindgren").content == before
    (entry,) = audit_entries(editor, path)
    assert entry["action"] == "merge"
    assert (entry["before"]["status"], entry["before"]["record"]) == ("open", None)
    assert (entry["after"]["status"], entry["after"]["record"]) == ("merged", "kjell-lindgren")


def test_merge_accepts_a_record_that_is_no_candidate(editor: TestClient, path: str) -> None:
    add_person(editor, slug="anne-mcclain", name="Anne McClain")
    merged = editor.post(f"{path}/merge", json={"slug": "anne-mcclain"}).json()
    assert merged["record"]["title"] == "Anne McClain"
    assert [each["slug"] for each in merged["candidates"]] == ["kjell-lindgren"]


def test_separate_creates_the_record(editor: TestClient, client: TestClient, path: str) -> None:
    assert client.get("/v1/people/k-lindgren").status_code == 404
    separated = editor.post(f"{path}/separate")
    assert separated.status_code == 200, separated.text
    assert (separated.json()["status"], separated.json()["version"]) == ("separate", 2)
    assert separated.json()["record"]["slug"] == "k-lindgren"
    created = client.get("/v1/people/k-lindgren").json()
    assert (created["name"], created["agency"]) == ("K. Lindgren", "NASA")
    (entry,) = audit_entries(editor, path)
    assert (entry["action"], entry["after"]["record"]) == ("separate", "k-lindgren")
    params: dict[str, Any] = {"type": "person", "slug": "k-lindgren", "limit": 1}
    (creation,) = editor.get("/v1/audit", params=params).json()["items"]
    assert (creation["action"], creation["before"]) == ("create", None)
    assert creation["after"]["name"] == "K. Lindgren"
    assert creation["actor"] == entry["actor"]


@pytest.mark.parametrize(("publish", "status"), [(True, 200), (False, 404)])
def test_separate_article_is_published_like_its_source(
    editor: TestClient, client: TestClient, publish: bool, status: int
) -> None:
    document = documents.article(published_at="2019-04-01T10:00:00Z")
    path = add_proposal(editor, type=RecordType.ARTICLE, document=document, publish=publish)
    slug = editor.post(f"{path}/separate").json()["record"]["slug"]
    assert client.get(f"/v1/articles/{slug}").status_code == status
    assert editor.get(f"/v1/articles/{slug}/preview").status_code == 200


def test_entry_that_is_no_longer_valid_is_refused(editor: TestClient, client: TestClient) -> None:
    crew = [{"person": "anne-mcclain", "role": "commander"}]
    path = add_proposal(editor, type=RecordType.LAUNCH, document=documents.launch(crew=crew))
    refused = editor.post(f"{path}/separate")
    assert refused.status_code == 409, refused.text
    assert refused.json()["detail"] == (
        "The entry cannot become a record. /crew/0/person: There is no person 'anne-mcclain'."
    )
    assert refused.json()["errors"][0]["pointer"] == "/crew/0/person"
    assert client.get("/v1/launches").json()["items"] == []
    unchanged = editor.get(path).json()
    assert (unchanged["status"], unchanged["version"]) == ("open", 1)
    add_person(editor, slug="anne-mcclain")
    assert editor.post(f"{path}/separate").status_code == 200
    (launch,) = client.get("/v1/launches").json()["items"]
    assert launch["slug"] == editor.get(path).json()["record"]["slug"]


def test_entry_in_conflict_with_a_record_is_refused(editor: TestClient) -> None:
    taken = documents.launch(
        cospar_id="2031-001", status="success", launch_at="2021-04-04T11:01:35Z"
    )
    assert editor.post("/v1/launches", json=taken).status_code == 201
    path = add_proposal(editor, type=RecordType.LAUNCH, document=taken)
    refused = editor.post(f"{path}/separate")
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["pointer"] == "/cospar_id"
    assert editor.get(path).json()["status"] == "open"


@pytest.mark.parametrize(
    ("action", "decision"),
    [("merge", "the entry is 'kjell-lindgren'"), ("separate", "the entry became 'k-lindgren'")],
)
def test_second_decision_is_refused_with_the_first(
    editor: TestClient, path: str, action: str, decision: str
) -> None:
    assert decide(editor, path, action).status_code == 200
    for second in ("merge", "separate"):
        # A precondition is ignored where the request would be refused without it (RFC 9110).
        refused = decide(editor, path, second, headers={"If-Match": '"x.1"'})
        assert refused.status_code == 409
        assert refused.json()["detail"] == f"The proposal has already been decided: {decision}."
    assert editor.get(path).json()["version"] == 2


def test_decision_outlives_its_record(editor: TestClient, path: str) -> None:
    editor.post(f"{path}/separate")
    editor.delete("/v1/people/k-lindgren", headers=IF_MATCH_ANY)
    found = editor.get(path).json()
    assert (found["status"], found["record"]) == ("separate", None)
    refused = editor.post(f"{path}/separate").json()["detail"]
    assert "a record that was deleted since" in refused


def test_decision_requires_matching_version(editor: TestClient, path: str) -> None:
    for action in ("merge", "separate"):
        stale = decide(editor, path, action, headers={"If-Match": '"x.9"'})
        assert stale.status_code == 412
    fresh = editor.post(f"{path}/separate", headers={"If-Match": editor.get(path).headers["ETag"]})
    assert fresh.status_code == 200


@pytest.mark.parametrize("action", ["merge", "separate"])
def test_dry_run_changes_nothing(editor: TestClient, path: str, action: str) -> None:
    before = editor.get(path).content
    tried = decide(editor, path, action, params={"validate_only": True})
    assert (tried.status_code, tried.json()["version"]) == (200, 2)
    assert editor.get(path).content == before
    assert editor.get("/v1/people?with_total=true").json()["total"] == 1


def test_idempotency_key_repeats_the_decision(editor: TestClient, path: str) -> None:
    once = {"Idempotency-Key": f"proposal-{path}"}
    first, second = (editor.post(f"{path}/separate", headers=once) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()
    assert editor.get("/v1/people?with_total=true").json()["total"] == 2


def test_titles_and_refusals_are_in_both_languages(editor: TestClient) -> None:
    person = add_person(editor, name="Kjell Lindgren", name_ru="Челл Линдгрен")
    path = add_proposal(editor, person)
    russian = editor.get(f"{path}?lang=ru").json()
    assert russian["candidates"][0]["title"] == "Челл Линдгрен"
    editor.post(f"{path}/merge", json={})
    refused = editor.post(f"{path}/merge?lang=ru", json={}).json()
    assert refused["detail"].startswith("Решение уже принято: это запись ")


def test_open_proposals_are_counted(editor: TestClient, database: Database, path: str) -> None:
    add_proposal(editor, title="Another")
    with database.snapshot() as reader:
        assert count_open_proposals(reader) == 2
    editor.post(f"{path}/separate")
    with database.snapshot() as reader:
        assert count_open_proposals(reader) == 1

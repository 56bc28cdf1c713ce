"""History of launches: each change of time or status is recorded."""

from datetime import timedelta

from starlette.testclient import TestClient

from app.db.database import Database
from app.domain.enums import LaunchStatus
from tests.support import documents, factories
from tests.support.documents import IF_MATCH_ANY


def test_history_has_each_slip_with_reason(client: TestClient, editor: TestClient) -> None:
    made = editor.post("/v1/launches", json=documents.launch())
    address = made.headers["Location"]
    assert made.json()["history"] == []
    slips = [
        {"launch_at": "2031-04-06T11:01:35Z", "change_reason": "Weather"},
        {"launch_at_precision": "month"},
        {"status": "success", "launch_at": "2021-04-07T10:00:00Z", "launch_at_precision": "second"},
    ]
    for slip in slips:
        assert editor.patch(address, json=slip, headers=IF_MATCH_ANY).status_code == 200
    other = {"outcome_note": "Nothing about time.", "change_reason": "None needed"}
    editor.patch(address, json=other, headers=IF_MATCH_ANY)
    history = client.get(address).json()["history"]
    changes = [(h["from"]["launch_at"], h["to"]["launch_at"], h["reason"]) for h in history]
    assert changes == [
        ("2031-04-01T00:00:00Z", "2021-04-07T10:00:00Z", None),
        ("2031-04-06T11:01:35Z", "2031-04-01T00:00:00Z", None),
        ("2031-04-04T11:01:35Z", "2031-04-06T11:01:35Z", "Weather"),
    ]
    assert (history[0]["from"]["status"], history[0]["to"]["status"]) == ("planned", "success")
    assert history[1]["to"]["launch_at_precision"] == "month"
    assert all(h["changed_at"] for h in history)
    listed = client.get("/v1/launches", params={"view": "full"}).json()["items"]
    assert listed[0]["history"] == history


def test_history_has_changes_made_outside_the_api(client: TestClient, database: Database) -> None:
    with database.session() as session:
        launch = factories.launch(slug="slipping", status=LaunchStatus.PLANNED)
        session.add(launch)
    with database.session() as session:
        launch = session.merge(launch)
        launch.launch_at += timedelta(days=1)
    (slip,) = client.get("/v1/launches/slipping").json()["history"]
    assert slip["from"]["launch_at"] == "2019-03-14T19:14:09Z"
    assert slip["to"]["launch_at"] == "2019-03-15T19:14:09Z"
    assert slip["reason"] is None

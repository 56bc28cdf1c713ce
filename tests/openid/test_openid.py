"""Sign-in with OpenID: the flow, its person, and every token and answer that is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from app.config import Settings
from app.db.database import Database
from app.db.models import ApiKey, UserSession
from tests.support import documents
from tests.support.clients import override_settings
from tests.support.openid_provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, run_provider

OPENID = "/v1/session/openid"
CALLBACK = f"{OPENID}/callback"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[LocalProvider]:
    """Of the module: the service keeps the metadata and keys of its provider."""
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(client: TestClient, running_provider: LocalProvider) -> Iterator[LocalProvider]:
    """The provider, as the client's service is configured for it."""
    usual = dict(vars(running_provider))
    settings = {
        "oidc_issuer": running_provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_roles": "chiefs=administrator,press=editor",
    }
    with override_settings(client, **settings):
        yield running_provider
    vars(running_provider).update(usual)
    client.cookies.clear()


def start(client: TestClient) -> str:
    """Start a sign-in. Returns the URL at the provider."""
    client.cookies.clear()
    started = client.get(OPENID)
    assert (started.status_code, started.headers["Cache-Control"]) == (303, "no-store")
    return started.headers["Location"]


def sign_in(client: TestClient, provider: LocalProvider, **claims: Any) -> Any:
    """The response of the service to the person who comes back."""
    return client.get(CALLBACK, params=provider.sign_in(start(client), **claims))


def test_person_signs_in_and_writes(
    client: TestClient, editor: TestClient, provider: LocalProvider
) -> None:
    done = sign_in(client, provider)
    assert done.status_code == 303, done.text
    assert done.headers["Location"] == "http://127.0.0.1:8000/desk"
    cookies = {line.partition("=")[0]: line for line in done.headers.get_list("Set-Cookie")}
    assert "Max-Age=0" in cookies["zarya_openid"]
    assert "HttpOnly" in cookies["zarya_session"]
    assert "SameSite=strict" in cookies["zarya_session"]
    session = client.get("/v1/session").json()
    assert (session["name"], session["role"]) == ("Anna Editor", "editor")
    written = documents.article()
    csrf = {"X-CSRF-Token": session["csrf_token"]}
    assert client.post("/v1/articles", json=written, headers=csrf).status_code == 201
    assert client.post("/v1/people", json={"name": "P"}, headers=csrf).status_code == 403
    me = client.get("/v1/me").json()["id"]
    entries = editor.get("/v1/audit", params={"actor": me, "sort": "at"}).json()["items"]
    assert [(each["type"], each["actor"]["name"]) for each in entries] == [
        ("key", "Anna Editor"),
        ("article", "Anna Editor"),
    ]
    assert client.delete("/v1/session", headers=csrf).status_code == 204


def test_role_follows_the_claim_at_each_sign_in(
    client: TestClient, editor: TestClient, provider: LocalProvider, database: Database
) -> None:
    sign_in(client, provider)
    first = client.get("/v1/me").json()["id"]
    sign_in(client, provider, roles="chiefs", name="  Anna\u202e\nNew  ")
    session = client.get("/v1/session").json()
    assert (session["name"], session["role"]) == ("Anna New", "administrator")
    assert client.get("/v1/me").json()["id"] == first
    sign_in(client, provider, sub="person-2")
    assert client.get("/v1/me").json()["id"] != first
    with database.session() as db:
        people = db.scalars(select(ApiKey.openid_subject).where(ApiKey.openid_issuer.is_not(None)))
        assert sorted(map(str, people)) == ["person-1", "person-2"]
    assert editor.post(f"/v1/keys/{first}/rotate", json={}).status_code == 409
    editor.delete(f"/v1/keys/{first}").raise_for_status()
    refused = sign_in(client, provider)
    assert (refused.status_code, "revoked" in refused.json()["detail"]) == (403, True)


def unsigned(provider: LocalProvider) -> None:
    provider.header, provider.signing_key = {"alg": "none"}, None


def signed_with_secret(provider: LocalProvider) -> None:
    provider.header = {"alg": "HS256"}
    provider.signing_key = OctKey.import_key(CLIENT_SECRET * 2)


def signed_with_other_key(provider: LocalProvider) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "first"})


FAULTS: dict[str, tuple[Any, str]] = {
    "issuer": ({"iss": "http://127.0.0.1:9"}, "issuer"),
    "audience": ({"aud": "another"}, "audience"),
    "several audiences": ({"aud": [CLIENT_ID, "another"], "azp": "another"}, "audience"),
    "nonce": ({"nonce": "another"}, "nonce"),
    "no nonce": ({"nonce": None}, "nonce"),
    "expired": ({"exp": 1_700_000_000}, "expiry"),
    "no expiry": ({"exp": None}, "expiry"),
    "not yet valid": ({"nbf": 4_000_000_000}, "time of issue"),
    "no subject": ({"sub": None}, "subject"),
    "access token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "access token"),
    "other key": (signed_with_other_key, "signature"),
    "client secret as key": (signed_with_secret, "signature"),
    "no signature": (unsigned, "signature"),
    "role": ({"roles": ["visitors"]}, "no role"),
    "no role": ({"roles": None}, "no role"),
    "long subject": ({"sub": "x" * 256}, "subject"),
}
"""Change of the claims (None: left out) or of the provider, and a word of the refusal."""


@pytest.mark.parametrize("create_database", ["sqlite"], indirect=True)  # no SQL of its own
@pytest.mark.parametrize("fault", FAULTS)
def test_invalid_token_is_refused(
    client: TestClient, provider: LocalProvider, database: Database, fault: str
) -> None:
    assert sign_in(client, provider).status_code == 303  # control
    change, word = FAULTS[fault]
    if callable(change):
        change(provider)
    else:
        provider.change = lambda claims: {
            name: value for name, value in (claims | change).items() if value is not None
        }
    refused = sign_in(client, provider)
    assert (refused.status_code, refused.json()["type"][-16:]) == (403, "/sign-in-refused")
    assert word in refused.json()["detail"]
    assert "zarya_session" not in refused.headers.get("Set-Cookie", "")
    with database.session() as db:
        assert len(db.scalars(select(UserSession.key_id)).all()) == 1


def test_answer_of_another_browser_is_refused(client: TestClient, provider: LocalProvider) -> None:
    params = provider.sign_in(start(client))
    mine = dict(client.cookies)
    before = len(provider.requests)
    wrong: list[dict[str, str]] = [
        params | {"state": "0" * 64},
        {"code": params["code"]},
        provider.sign_in(start(client)) | {"state": params["state"]},  # of another sign-in
    ]
    assert client.get(f"{CALLBACK}?state=%ED%A0%80&code=1").status_code == 422
    for each in wrong:
        refused = client.get(CALLBACK, params=each)
        assert (refused.status_code, "browser" in refused.json()["detail"]) == (403, True)
    client.cookies.clear()
    assert client.get(CALLBACK, params=params).status_code == 403
    assert len(provider.requests) == before  # refused without a request to the provider
    client.cookies.update(mine)
    denied = {"state": params["state"], "error": "access_denied"}
    assert "access_denied" in client.get(CALLBACK, params=denied).json()["detail"]
    assert client.get(CALLBACK, params=params).status_code == 303
    client.cookies.update(mine)
    again = client.get(CALLBACK, params=params)  # a code is valid once
    assert (again.status_code, "invalid_grant" in again.json()["detail"]) == (403, True)


def test_new_keys_of_the_provider_are_fetched(
    client: TestClient, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sign_in(client, provider).status_code == 303
    count = provider.requests.count("/keys")
    assert sign_in(client, provider).status_code == 303
    assert provider.requests.count("/keys") == count
    provider.key = provider.signing_key = RSAKey.generate_key(2048, {"kid": "second"})
    provider.header = {"alg": "RS256", "kid": "second"}
    assert sign_in(client, provider).status_code == 403  # at most once a minute
    monkeypatch.setattr("app.resources.openid.provider._MIN_KEYS_AGE_SECONDS", 0)
    assert sign_in(client, provider).status_code == 303


def test_service_without_provider_has_no_sign_in(client: TestClient) -> None:
    for path in (OPENID, CALLBACK):
        assert client.get(path).status_code == 404


def test_provider_that_does_not_answer(client: TestClient) -> None:
    settings = {"oidc_client_id": CLIENT_ID, "oidc_roles": "press=editor"}
    for issuer in ("https://127.0.0.1:1", "https://no-such-host.invalid"):
        with override_settings(client, oidc_issuer=issuer, **settings):
            answer = client.get(OPENID)
        assert (answer.status_code, "OpenID" in answer.json()["detail"]) == (503, True)


@pytest.mark.parametrize(
    "settings",
    [
        {"oidc_issuer": "http://provider.example", "oidc_client_id": "x", "oidc_roles": "a=editor"},
        {"oidc_issuer": "https://provider.example", "oidc_roles": "a=editor"},
        {"oidc_issuer": "https://provider.example", "oidc_client_id": "x"},
        {"oidc_roles": "a=king"},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"OIDC|issuer|Role"):
        Settings(**settings)  # type: ignore[arg-type]  # texts, as in the environment

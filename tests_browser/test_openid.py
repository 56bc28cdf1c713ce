"""Sign-in with OpenID at a provider of other hands, through its screens."""

# ruff: noqa: S101 - tests assert

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests_browser.browsers import Visit
from tests_browser.servers import HOST, Server, run_server, wait_for

FOLDER = Path(__file__).parent
CLIENT = {"CLIENT_ID": "zarya", "CLIENT_SECRET": "a secret of the tests"}

Open = Callable[..., Visit]


@pytest.fixture(scope="module")
def openid_server(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Server over a copy of the archive, whose people sign in at a provider."""
    folder = tmp_path_factory.mktemp("openid")
    server.copy_database(folder)
    with socket.socket() as free:
        free.bind((HOST, 0))
        issuer = f"http://{HOST}:{free.getsockname()[1]}"
    settings = {
        "ZARYA_PUBLIC_URL": "",  # that of the server itself: the browser comes back there
        "ZARYA_OIDC_ISSUER": issuer,
        "ZARYA_OIDC_ROLES": "press=editor",
        **{f"ZARYA_OIDC_{name}": value for name, value in CLIENT.items()},
    }
    with run_server(folder, **settings) as running:
        redirect_uri = f"{running.origin}/v1/session/openid/callback"
        environment = os.environ | CLIENT | {"ISSUER": issuer, "REDIRECT_URI": redirect_uri}
        node = Path(sys.executable).with_name("node")
        command = [str(node), "openid_provider.mjs"]
        # A group of its own: `node` is a script that starts the program itself.
        with subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=FOLDER, env=environment, start_new_session=True
        ) as provider:
            try:
                wait_for(f"{issuer}/.well-known/openid-configuration", provider)
                yield running
            finally:
                os.killpg(provider.pid, signal.SIGTERM)


def sign_in(page: Page, server: Server, login: str) -> None:
    """Sign in as `login` at the provider."""
    page.goto(f"{server.origin}/v1/session/openid")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill("any")
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Continue").click()


def test_person_signs_in_to_the_desk(visit: Open, openid_server: Server) -> None:
    page = visit().page
    sign_in(page, openid_server, "anna")
    page.wait_for_url(f"{openid_server.origin}/desk**")
    expect(page.get_by_text("Anna Editor")).to_be_visible()
    session = page.evaluate("fetch('/v1/session').then((answer) => answer.json())")
    assert (session["name"], session["role"]) == ("Anna Editor", "editor")


def test_person_without_a_role_is_refused(visit: Open, openid_server: Server) -> None:
    page = visit().page
    sign_in(page, openid_server, "guest")
    expect(page.get_by_text("Your account has no role here")).to_be_visible()
    names = {cookie["name"] for cookie in page.context.cookies(openid_server.origin)}
    assert "zarya_session" not in names

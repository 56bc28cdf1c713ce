"""Settings: documented, validated, and current in the code that an application runs."""

import asyncio
import re
from contextvars import Context
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.config import Settings, current_settings, use_settings
from app.main import create_app
from tests.support.paths import ROOT


def test_settings_are_documented_with_defaults() -> None:
    rows = re.findall(
        r"^\| `ZARYA_(\w+)` \| `(.*?)` \| (.*?) \|$", (ROOT / "docs/settings.md").read_text(), re.M
    )
    assert {name.lower(): (default, text) for name, default, text in rows} == {
        name: (str(field.default), field.description)
        for name, field in Settings.model_fields.items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZARYA_TIME_ZONE", "Mars"),
        ("ZARYA_TIME_ZONE", "../../etc/passwd"),
        ("ZARYA_PUBLIC_URL", "ftp://example.org"),
        ("ZARYA_READ_THREADS", "0"),
        ("ZARYA_WEBSUB_HUB", "hub.example"),
        ("ZARYA_WEBSUB_HUB", "javascript:alert(1)"),
        ("ZARYA_DATABASE_URL", "mysql://localhost/zarya"),
        ("ZARYA_REPLICA_URL", "sqlite:///replica.db"),
        ("ZARYA_DATABASE_URL", "sqlite://"),
        ("ZARYA_DATABASE_URL", "sqlite:///:memory:"),
        ("ZARYA_DATABASE_URL", "sqlite:///file:zarya.db?uri=true"),
    ],
)
def test_invalid_settings_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////srv/zarya.db", "/srv/zarya.media"),
        ("sqlite:////srv/zarya.db?timeout=5&cache=/a/b.c", "/srv/zarya.media"),
        ("sqlite:///zarya.db", str(Path("zarya.media").absolute())),
        ("postgresql://localhost/zarya", str(Path("var/media").absolute())),
    ],
)
def test_pictures_are_beside_the_database(url: str, folder: str) -> None:
    assert str(Settings(database_url=url).media_path) == folder


def test_base_url_has_no_trailing_slash() -> None:
    assert Settings(public_url="https://portal.example/").base_url == "https://portal.example"


def test_current_settings_raise_outside_of_use_settings() -> None:
    with pytest.raises(RuntimeError, match="use_settings"):
        Context().run(current_settings)


def test_current_settings_of_threads_are_those_of_their_caller() -> None:
    settings = Settings(time_zone="Asia/Almaty")

    async def read_in_thread() -> Settings:
        with use_settings(settings):
            return await asyncio.to_thread(current_settings)

    assert Context().run(asyncio.run, read_in_thread()) is settings


def test_current_settings_of_background_jobs_are_those_of_the_application(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/archive.db", drain_seconds=0)
    app = create_app(settings)

    async def read_in_lifespan() -> Settings:
        async with app.router.lifespan_context(app):
            return current_settings()

    assert Context().run(asyncio.run, read_in_lifespan()) is settings

"""Settings: documented, and refused where they make no sense."""

import re

import pytest
from pydantic import ValidationError

from app.config import Settings
from tests.support.paths import ROOT


def test_every_setting_is_documented_with_its_default() -> None:
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
    ],
)
def test_a_setting_without_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_the_origin_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://portal.example/").base_url == "https://portal.example"

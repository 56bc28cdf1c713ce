"""`zarya import` and `zarya export`: what they say, and their exit status."""

from pathlib import Path

import pytest

from app.config import get_settings
from tests.sources.sites import Reply, item, rss, site
from tests.test_cli import url, zarya

__all__ = ["url"]  # a fixture

LAST = "created {}, updated {}, unchanged {}, rejected {}\n"


def test_what_comes_in_goes_out(url: str, tmp_path: Path) -> None:
    assert url
    assert zarya("migrate").exit_code == 0
    feed = tmp_path / "in" / "news.rss"
    feed.parent.mkdir()
    feed.write_bytes(rss(item(1), item(2), item(3, date="soon")))
    rejects = f"--rejects={tmp_path}/rejects"
    tried = zarya("import", "feed", str(feed), "--dry-run", rejects)
    assert (tried.exit_code, tried.stdout) == (1, LAST.format(2, 0, 0, 1))
    done = zarya("import", "feed", str(feed.parent), "--publish", rejects)
    assert (done.exit_code, done.stdout) == (1, LAST.format(2, 0, 0, 1))
    assert "news.rss:" in done.stderr
    assert "published: 'soon' is no date" in done.stderr
    assert (tmp_path / "rejects" / "news.rejects.rss").exists()
    lines, again = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    assert zarya("export", "ndjson", str(lines)).exit_code == 0
    taken = zarya("import", "ndjson", str(lines))
    assert (taken.exit_code, taken.stdout) == (0, LAST.format(0, 0, 2, 0))
    assert zarya("export", "ndjson", str(again)).exit_code == 0
    assert lines.read_bytes() == again.read_bytes()
    for form, target in (("csv", "folder"), ("csv", "a.zip"), ("parquet", "p"), ("sqlite", "s")):
        assert zarya("export", form, str(tmp_path / target)).exit_code == 0
        assert (tmp_path / target).exists()


def test_an_address_is_fetched(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert url
    zarya("migrate")
    with site() as there:
        address = there.at("/feed", Reply(body=rss(item(1))))
        refused = zarya("import", "feed", address)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "no address of the public Internet" in refused.stderr
        monkeypatch.setenv("ZARYA_PRIVATE_TARGETS", "true")
        get_settings.cache_clear()
        assert zarya("import", "feed", address).stdout == LAST.format(1, 0, 0, 0)
        assert zarya("import", "feed", f"{address}-missing").exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "nonsense", "x"),
        ("import", "feed", "there-is-no-such-file"),
        ("export", "sqlite", "/proc/nowhere/a.sqlite"),
        ("export", "ndjson", "/proc/nowhere/a.ndjson"),
    ],
)
def test_what_cannot_be_done(url: str, arguments: tuple[str, ...]) -> None:
    assert url
    zarya("migrate")
    assert zarya(*arguments).exit_code == 2

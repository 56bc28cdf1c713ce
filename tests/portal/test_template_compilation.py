"""Compilation of the portal's templates."""

import asyncio

import pytest
from starlette.testclient import TestClient

from app.portal.rendering import TEMPLATE_ENVIRONMENTS, TemplateEnvironment, compile_templates
from tests.support.clients import clear_response_cache, second_app
from tests.support.servers import wait_for


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the templates that were compiled; none is at the start."""
    names: list[str] = []
    compile_source = TemplateEnvironment.compile

    def record(self: TemplateEnvironment, source: str, name: str, *arguments: object) -> object:
        names.append(name)
        return compile_source(self, source, name, *arguments)  # type: ignore[call-overload]  # mypy: any arguments

    monkeypatch.setattr(TemplateEnvironment, "compile", record)
    _forget()
    return names


def _forget() -> None:
    for environment in TEMPLATE_ENVIRONMENTS.values():
        assert environment.cache is not None
        environment.cache.clear()


def _count_templates() -> int:
    return sum(len(each.list_templates()) for each in TEMPLATE_ENVIRONMENTS.values())


def test_page_compiles_no_template(archive: TestClient, compiled: list[str]) -> None:
    asyncio.run(compile_templates())
    assert len(compiled) == _count_templates()
    for is_compiled in (True, False):  # without is the positive control
        compiled.clear()
        clear_response_cache(archive)
        assert archive.get("/missions/iss-59").status_code == 200
        assert (compiled == []) is is_compiled
        _forget()


def test_service_compiles_templates_at_the_start(client: TestClient, compiled: list[str]) -> None:
    with TestClient(second_app(client)):
        wait_for(lambda: len(compiled) == _count_templates(), 60)

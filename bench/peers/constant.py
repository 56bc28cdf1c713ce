"""REF: a FastAPI route with three validated parameters that returns constant bytes."""

import os
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query, Response


def create(content: bytes) -> FastAPI:
    """Create the application that returns `content` at `/ref`."""
    app = FastAPI(telemetry={"tracing": False, "metrics": False})

    @app.get("/ref")
    async def ref(
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        language: Annotated[str, Query(pattern="^[a-z]{2}$")] = "en",
        sort: Annotated[str, Query(pattern="^-?[a-z_]+$")] = "-published_at",
    ) -> Response:
        return Response(content, media_type="application/json")

    return app


def create_app() -> FastAPI:
    """Create the application with the content of the file named by `BENCH_CONTENT`."""
    return create(Path(os.environ["BENCH_CONTENT"]).read_bytes())

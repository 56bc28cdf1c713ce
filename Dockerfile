# The same steps as `make run`: install the locked environment, then migrate, load and serve.
# Writes only to /zarya/var, /tmp and, for backups, /backups: `docker run --read-only --tmpfs /tmp -v zarya:/zarya/var`.
FROM python:3.11-slim AS build
WORKDIR /zarya
RUN python3 -m venv .venv && .venv/bin/pip install --no-cache-dir uv==0.13.9
COPY pyproject.toml uv.lock README.md LICENSE NOTICE ./
RUN VIRTUAL_ENV=.venv .venv/bin/uv sync --frozen --active --no-cache --compile-bytecode --no-default-groups --extra s3 --no-install-project
COPY app app
COPY migrations migrations
COPY docs docs
COPY examples examples
COPY alembic.ini CHANGELOG.md ./
RUN VIRTUAL_ENV=.venv .venv/bin/uv sync --frozen --active --no-cache --no-default-groups --extra s3 \
    && .venv/bin/python -m compileall -q app migrations \
    && .venv/bin/pip uninstall -q -y uv pip

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /zarya zarya \
    && install -d -o zarya /zarya/var /backups
WORKDIR /zarya
COPY --from=build /zarya /zarya
ENV PYTHONDONTWRITEBYTECODE=1
USER zarya
VOLUME /zarya/var
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD [".venv/bin/python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=2)"]
CMD [".venv/bin/zarya", "serve", "--prepare", "--host", "0.0.0.0"]

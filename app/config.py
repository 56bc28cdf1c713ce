"""Settings of the service, and access to them in code without an argument for them."""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cached_property
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.dates import time_zone_names
from app.domain.roles import Role
from app.domain.text import is_sluggable


class Settings(BaseSettings):
    """Settings, read from the environment variables `ZARYA_…`; documented in docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix="ZARYA_", frozen=True, use_attribute_docstrings=True
    )

    database_url: str = "sqlite:///var/zarya.db"
    """Database URL: `sqlite:///path` or `postgresql://user:password@host/name`."""

    replica_url: str = ""
    """PostgreSQL read replica, `postgresql://…`, for requests without an API key. Empty: none."""

    public_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8000")
    """Base URL of all links. `zarya serve` defaults it to `http://127.0.0.1` with its port."""

    clock: Literal["database", "host"] = "database"
    """Clock of the service: that of PostgreSQL, the same on all hosts, or that of the host."""

    time_zone: str = "Europe/Moscow"
    """IANA time zone of the dates on pages, and in requests without the parameter `tz`."""

    news_source: str = Field(default="", max_length=120)
    """Publisher of articles that are written without a `source`. Empty: `source` is required."""

    security_contact: str = ""
    """Contact in security.txt: `mailto:…` or `https://…`. Empty: postmaster at the public host."""

    hsts_subdomains: bool = False
    """Extend `Strict-Transport-Security` to subdomains of the public host, which all need TLS."""

    websub_hub: str = ""
    """URL of the WebSub hub that feeds advertise, `https://…`. Empty: none."""

    read_threads: int = Field(default=4, ge=1, le=64)
    """Concurrent reads per process, each with a database connection; on SQLite, only slow reads."""

    cache_bytes: int = Field(default=2**25, ge=0, le=2**36)
    """Response cache size per process, in bytes. 0: no cache."""

    max_connections: int = Field(default=10_000, ge=1)
    """Maximum of client connections per process; fewer if the limit of open files requires it."""

    max_waiting: int = Field(default=2000, ge=0)
    """Queue length per process, for reads and for writes. When the queue is full: status 503."""

    request_seconds: float = Field(default=6.0, gt=0)
    """Timeout until a response starts, in seconds; then 503, while started work goes on."""

    drain_seconds: float = Field(default=2.0, ge=0)
    """Seconds after SIGTERM in which requests are accepted, while `/health/ready` returns 503."""

    trusted_proxies: str = ""
    """Trusted proxies (`X-Forwarded-For`): addresses and networks, comma-separated. Empty: none."""

    rate_limit: int = Field(default=600, ge=0)
    """Requests per minute per IP address (IPv6: per /64), except loopback. 0: no limit."""

    key_rate_limit: int = Field(default=6000, ge=0)
    """Requests per minute per API key, from all addresses together. 0: no limit."""

    read_key_rate_limit: int = Field(default=1800, ge=0)
    """Requests per minute per API key whose only scope is `read`. 0: no limit."""

    wrong_keys: int = Field(default=20, ge=0)
    """Requests with an invalid API key per minute per IP address. 0: no limit."""

    streams_per_address: int = Field(default=20, ge=0)
    """Event streams per process and IP address (IPv6: per /64), except loopback. 0: no limit."""

    stream_seconds: float = Field(default=3600.0, gt=0)
    """Longest duration of an event stream, in seconds. Clients then reconnect and resume."""

    rate_limit_url: str = ""
    """Redis server for rate limits, `redis://host`. Empty: each process counts for itself."""

    metrics_from: str = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
    """Clients that may read `/metrics`: addresses and networks, comma-separated. Empty: none."""

    empty: bool = False
    """Count an empty archive as ready. Otherwise `/health/ready` returns 503 until it is loaded."""

    media_dir: str = ""
    """Folder of the pictures. Empty: `NAME.media` beside an SQLite database, else `var/media`."""

    media_url: str = ""
    """S3 bucket of the pictures, `s3://bucket/prefix`, instead of the folder. Empty: the folder."""

    media_redirect: str = ""
    """URI of the pictures in nginx, for `X-Accel-Redirect`. Empty: the service sends the files."""

    backups: str = ""
    """Folder of backups (`*.backup`): `/metrics` and `zarya doctor` have their age. Empty: none."""

    log_requests: bool = True
    """Log a line for each request. Errors of the service are logged in any case."""

    private_targets: bool = False
    """Allow webhooks and sources on private and loopback addresses. For tests only."""

    session_seconds: float = Field(default=43_200.0, ge=300, le=31_536_000)
    """Longest duration of a session of an editor, in seconds."""

    session_idle_seconds: float = Field(default=3600.0, ge=300, le=31_536_000)
    """Seconds without a request after which a session of an editor ends."""

    oidc_issuer: str = ""
    """OpenID provider that editors sign in with: its issuer, `https://…`. Empty: only API keys."""

    oidc_client_id: str = ""
    """Client id of the service at the OpenID provider."""

    oidc_client_secret: str = Field(default="", repr=False)
    """Client secret of the service at the OpenID provider."""

    oidc_role_claim: str = "roles"
    """Claim of the ID token that decides the role. Dots lead into objects: `realm_access.roles`."""

    oidc_roles: str = ""
    """Roles by its value: `chiefs=administrator,press=editor`. The first match counts."""

    mcp_key: str = Field(default="", repr=False)
    """API key of `zarya mcp`, for tools that change records. Empty: read-only."""

    @field_validator("oidc_issuer")
    @classmethod
    def check_oidc_issuer(cls, value: str) -> str:
        url = urlsplit(value)
        is_local = url.scheme == "http" and url.hostname in {"127.0.0.1", "::1", "localhost"}
        if value and not is_local and not (url.scheme == "https" and url.hostname):
            raise ValueError("use the issuer of the provider, https://…, as it writes it")
        return value

    @field_validator("oidc_roles")
    @classmethod
    def check_oidc_roles(cls, value: str) -> str:
        _parse_roles(value)
        return value

    @model_validator(mode="after")
    def check_oidc(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("ZARYA_OIDC_ISSUER needs ZARYA_OIDC_CLIENT_ID and ZARYA_OIDC_ROLES")
        if self.oidc_issuer and find_spec("authlib") is None:
            raise ValueError("ZARYA_OIDC_ISSUER needs the extra oidc: pip install 'zarya[oidc]'")
        return self

    @field_validator("news_source")
    @classmethod
    def check_news_source(cls, value: str) -> str:
        if value and not is_sluggable(value):
            raise ValueError("use a name with a letter or a digit")
        return value

    @field_validator("media_url")
    @classmethod
    def check_media_url(cls, value: str) -> str:
        if value and not re.fullmatch("s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._-]+)*/?", value):
            raise ValueError("use s3://bucket/prefix; endpoint and keys are set with AWS_…")
        if value and find_spec("obstore") is None:
            raise ValueError("it needs the extra s3: pip install 'zarya[s3]'")
        return value

    @model_validator(mode="after")
    def check_media(self) -> Self:
        if self.media_url and self.media_dir:
            raise ValueError("ZARYA_MEDIA_URL and ZARYA_MEDIA_DIR are both set: choose one store")
        if self.media_url and self.media_redirect:
            raise ValueError(
                "ZARYA_MEDIA_REDIRECT needs a folder: nginx cannot send files of ZARYA_MEDIA_URL"
            )
        return self

    @field_validator("media_redirect")
    @classmethod
    def check_media_redirect(cls, value: str) -> str:
        if value and not re.fullmatch("/[A-Za-z0-9._/-]*", value):
            raise ValueError("use the location of the folder in nginx, such as /pictures")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if (
            scheme not in {"sqlite", "postgresql"}
            or rest in {"", "/", "/:memory:"}
            or rest.startswith("/file:")  # a URI of SQLite: the folder of the pictures is not known
        ):
            raise ValueError("use sqlite:///path or postgresql://user:password@host/name")
        return value

    @field_validator("replica_url")
    @classmethod
    def check_replica_url(cls, value: str) -> str:
        if value and not value.startswith("postgresql://"):
            raise ValueError("use postgresql://user:password@host/name")
        return value

    @field_validator("trusted_proxies", "metrics_from")
    @classmethod
    def check_networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    @field_validator("rate_limit_url")
    @classmethod
    def check_rate_limit_url(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("use redis://host:6379/0")
        return value

    @field_validator("time_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        if value not in time_zone_names():
            raise ValueError(f"{value!r} is not an IANA time zone, such as Europe/Moscow")
        return value

    @field_validator("websub_hub")
    @classmethod
    def normalize_hub_url(cls, value: str) -> str:
        return str(AnyHttpUrl(value)) if value else ""

    @cached_property
    def base_url(self) -> str:
        """Public URL without a trailing slash."""
        return str(self.public_url).rstrip("/")

    @cached_property
    def roles_by_claim(self) -> Mapping[str, Role]:
        """Roles by value of the claim `oidc_role_claim`, in the order of `oidc_roles`."""
        return _parse_roles(self.oidc_roles)

    @cached_property
    def media_path(self) -> Path:
        """Folder of the pictures, absolute."""
        scheme, _, path = self.database_url.partition("?")[0].partition(":///")
        default = Path(path).with_suffix(".media") if scheme == "sqlite" else Path("var/media")
        return Path(self.media_dir or default).absolute()  # decoders have a directory of their own


def _parse_roles(value: str) -> dict[str, Role]:
    """Parse the roles by claim. Raises ValueError for a role that does not exist."""
    pairs = (part.rpartition("=") for part in value.split(",") if part.strip())
    return {name.strip(): Role(role.strip()) for name, _, role in pairs}


_FOREIGN_VARIABLE_PATTERN = re.compile(r"ZARYA_(SERVICE_HOST|SERVICE_PORT\w*|PORT_\d+_\w+)")
"""Variables that Kubernetes sets in every pod for a service named `zarya`."""


def variable_of_setting(name: str) -> str:
    """The environment variable of a field of `Settings`."""
    return f"ZARYA_{name.upper()}"


def find_unknown_settings(environment: Mapping[str, str]) -> list[str]:
    """Variables that look like a setting, and are neither one nor set by Kubernetes."""
    known = set(map(variable_of_setting, Settings.model_fields))
    return [
        name
        for name, value in environment.items()
        if name.upper().startswith("ZARYA_")
        and name.upper() not in known
        and not _FOREIGN_VARIABLE_PATTERN.fullmatch(name)
        and not (name == "ZARYA_PORT" and "://" in value)  # Kubernetes again
    ]


def parse_networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Parse a comma-separated list of IP addresses and networks.

    Raises ValueError for an entry that is neither.
    """
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


_current: ContextVar[Settings] = ContextVar("settings")


class use_settings:  # noqa: N801 - a context manager, as `contextlib.suppress`
    """Make `settings` current in this context, its threads and the tasks that it starts.

    A class, since a generator would cost every request three times as much.
    """

    __slots__ = ("_settings", "_token")

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> None:
        self._token = _current.set(self._settings)

    def __exit__(self, *_exception: object) -> None:
        _current.reset(self._token)


def current_settings() -> Settings:
    """Settings of the application or command that runs this code.

    Raises RuntimeError outside of `use_settings`.
    """
    settings = _current.get(None)
    if settings is None:
        raise RuntimeError("No settings are current: run this code within use_settings(settings).")
    return settings

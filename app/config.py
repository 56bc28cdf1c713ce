"""Every setting of the service: one environment variable each, read once."""

from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from pydantic import AnyHttpUrl, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.domain.dates import time_zone_names


class Settings(BaseSettings):
    """The environment variables `ZARYA_…`; `docs/settings.md` is checked against this class."""

    model_config = SettingsConfigDict(
        env_prefix="ZARYA_", frozen=True, use_attribute_docstrings=True
    )

    database_url: str = "sqlite:///var/zarya.db"
    """Where the archive lives: `sqlite:///path` or `postgresql://user:password@host/name`."""

    replica_url: str = ""
    """A PostgreSQL replica, `postgresql://…`, for reads without a key; empty, none."""

    public_url: AnyHttpUrl = AnyHttpUrl("http://127.0.0.1:8000")
    """The address that links are made from. `zarya serve` defaults it to the port served."""

    time_zone: str = "Europe/Moscow"
    """The portal's own IANA time zone: what "a day" means where a request names no `tz`."""

    security_contact: str = ""
    """Whom security.txt names: `mailto:…` or `https://…`; empty, the postmaster of the host."""

    websub_hub: str = ""
    """The WebSub hub that feeds name, which tells subscribers of news: `https://…`; empty, none."""

    read_threads: int = Field(default=4, ge=1, le=64)
    """How many reads run at once in one process, on SQLite slow ones; each has a connection."""

    cache_bytes: int = Field(default=2**25, ge=0, le=2**36)
    """How much of what was answered one process keeps to answer it again, in bytes; 0, nothing."""
    max_connections: int = Field(default=10_000, ge=1)
    """How many connections one process holds; its limit of files may leave room for fewer."""

    max_waiting: int = Field(default=256, ge=0)
    """How many reads, and how many writes, may wait in one process; the rest are answered 503."""

    request_seconds: float = Field(default=6.0, gt=0)
    """How long an answer may take to begin; then it is a 503, and what it waited for goes on."""

    drain_seconds: float = Field(default=2.0, ge=0)
    """On SIGTERM, how long requests are still taken while `/health/ready` says 503 already."""

    trusted_proxies: str = ""
    """Whose `X-Forwarded-For` is believed: addresses and networks, with commas; empty, nobody's."""

    rate_limit: int = Field(default=600, ge=0)
    """Requests a minute of one address (IPv6: of a /64), loopback excepted; 0, any number."""

    key_rate_limit: int = Field(default=6000, ge=0)
    """Requests a minute of one API key, from wherever they come; 0, any number."""

    wrong_keys: int = Field(default=20, ge=0)
    """Wrong API keys a minute that one address may try; 0, any number."""

    rate_limit_url: str = ""
    """Where rate limits are counted: `redis://host`; empty, in each process by itself."""

    metrics_from: str = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
    """Who may read `/metrics`: addresses and networks, with commas; empty, nobody."""

    log_requests: bool = True
    """Whether each request is a line of the log; faults of ours are told in any case."""

    private_targets: bool = False
    """Whether webhooks and sources may lead to private and loopback addresses: for tests only."""

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme not in {"sqlite", "postgresql"} or rest in {"", "/", "/:memory:"}:
            raise ValueError("take sqlite:///a/file.db or postgresql://user:password@host/name")
        return value

    @field_validator("replica_url")
    @classmethod
    def check_replica_url(cls, value: str) -> str:
        if value and not value.startswith("postgresql://"):
            raise ValueError("take postgresql://user:password@host/name")
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
            raise ValueError("take redis://host:6379/0")
        return value

    @field_validator("time_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        if value not in time_zone_names():
            raise ValueError(f"{value!r} is no IANA time zone, such as Europe/Moscow")
        return value

    @field_validator("websub_hub")
    @classmethod
    def normalize_hub_url(cls, value: str) -> str:
        return str(AnyHttpUrl(value)) if value else ""

    @cached_property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        return str(self.public_url).rstrip("/")


def parse_networks(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """The addresses and networks of a list with commas; ValueError tells of one that is none."""
    return tuple(ip_network(part.strip()) for part in listed.split(",") if part.strip())


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return Settings()

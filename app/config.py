"""Every setting of the service: one environment variable each, read once."""

from functools import lru_cache

from pydantic import AnyHttpUrl, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.dates import zone_names


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
    """How many reads run at once in one process; each has a connection, and writers a few more."""

    private_targets: bool = False
    """Whether webhooks and sources may lead to private and loopback addresses: for tests only."""

    @field_validator("database_url")
    @classmethod
    def known_database(cls, value: str) -> str:
        scheme, _, rest = value.partition("://")
        if scheme not in {"sqlite", "postgresql"} or rest in {"", "/", "/:memory:"}:
            raise ValueError("take sqlite:///a/file.db or postgresql://user:password@host/name")
        return value

    @field_validator("replica_url")
    @classmethod
    def known_replica(cls, value: str) -> str:
        if value and not value.startswith("postgresql://"):
            raise ValueError("take postgresql://user:password@host/name")
        return value

    @field_validator("time_zone")
    @classmethod
    def known_zone(cls, value: str) -> str:
        if value not in zone_names():
            raise ValueError(f"{value!r} is no IANA time zone, such as Europe/Moscow")
        return value

    @field_validator("websub_hub")
    @classmethod
    def known_hub(cls, value: str) -> str:
        return str(AnyHttpUrl(value)) if value else ""

    @property
    def origin(self) -> str:
        """The public address without a slash at its end."""
        return str(self.public_url).rstrip("/")


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return Settings()

"""Settings: read once from the environment (and `.env`), checked, then passed on as values.

Nothing below the wiring reads the environment. A wrong value stops the start with its name, what is wrong with it and
a value that works.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from socialflow.errors import ConfigurationError
from socialflow.kit.addresses import host_and_port

DATABASE_SCHEMES = ("sqlite", "sqlite+aiosqlite", "postgresql", "postgres", "postgresql+psycopg")

Probability = Annotated[float, Field(gt=0.0, le=1.0)]


class Settings(BaseSettings):
    """Every setting of the service; the description of a field is its line in `.env.example`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, case_sensitive=False
    )

    # Where things are
    socialflow_home: Path = Field(
        Path("./var"),
        description="Folder of the embedded store, models and credentials.",
        examples=["./var"],
    )
    database_url: str = Field(
        "",
        description="Empty: SQLite under SOCIALFLOW_HOME.",
        examples=["postgresql://user:password@localhost/socialflow"],
    )
    socialflow_durability: Literal["normal", "full"] = Field(
        "normal",
        description="SQLite: normal survives kill -9, full survives power loss too (slower).",
    )
    model_path: Path | None = Field(
        None,
        description="Folder of trained model versions. Empty: SOCIALFLOW_HOME/models.",
        examples=["./var/models"],
    )
    socialflow_model_mirror: Path | None = Field(
        None,
        description="Folder to take catalogue models from instead of their upstream addresses.",
        examples=["/srv/models"],
    )
    ml_model_memory_mb: int = Field(
        1024, ge=1, le=1 << 20, description="MB that catalogue models in memory may take, by the size of their files."
    )

    # Serving
    socialflow_host: str = Field("127.0.0.1", description="Address the REST door listens on (0.0.0.0: every one).")
    socialflow_port: int = Field(8000, ge=1, le=65535, description="Port the REST door listens on.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Browser origins that may call the API, comma-separated.", examples=["https://app.example.org"]
    )
    rate_limit_per_minute: int = Field(100, ge=1, description="Calls a minute of one user token.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line.")
    shutdown_seconds: int = Field(20, ge=0, description="How long requests in flight may take after SIGTERM.")

    # Access
    jwt_secret: SecretStr | None = Field(
        None,
        description="Secret of HS256 tokens, at least 32 characters. Empty: one is made and kept in SOCIALFLOW_HOME.",
        examples=["a-long-random-text-of-32-characters-or-more"],
    )
    jwt_jwks_url: str | None = Field(
        None,
        description="Key set of an identity provider (RS256, ES256, EdDSA); replaces JWT_SECRET.",
        examples=["https://login.example.org/.well-known/jwks.json"],
    )
    jwt_issuer: str | None = Field(
        None, description="Required `iss` claim, if set.", examples=["https://login.example.org"]
    )
    jwt_audience: str | None = Field(None, description="Required `aud` claim, if set.", examples=["socialflow"])
    api_key: SecretStr | None = Field(None, description="One service key with every scope, beside those in the store.")
    metrics_token: SecretStr | None = Field(None, description="Bearer token of /metrics; without it loopback only.")

    # Distribution
    redis_url: str | None = Field(
        None,
        description="Redis, so that all processes share rate limits and one cache.",
        examples=["redis://localhost:6379/0"],
    )
    redis_host: str | None = Field(None, description="Instead of REDIS_URL.", examples=["localhost"])
    redis_port: int = Field(6379, ge=1, le=65535, description="With REDIS_HOST.")
    redis_db: int = Field(0, ge=0, description="With REDIS_HOST.")
    celery_broker_url: str | None = Field(
        None, description="Broker of the workers.", examples=["redis://localhost:6379/0"]
    )
    celery_result_backend: str | None = Field(
        None, description="Result backend.", examples=["redis://localhost:6379/0"]
    )
    max_concurrent_tasks: int = Field(4, ge=1, le=256, description="Jobs a worker runs at once.")
    job_retry_delay: int = Field(60, ge=1, description="Seconds before a failed job's first retry; doubles each time.")

    job_lease_seconds: float = Field(
        15.0, ge=0.5, le=600.0, description="Seconds after which a silent worker's job is given to another."
    )
    socialflow_embedded_worker: bool = Field(
        True, description="Whether `serve` keeps a worker process beside it where no broker is set."
    )
    socialflow_embedded_niceness: int = Field(
        19,
        ge=0,
        le=19,
        description="How far that worker steps back; 19: it runs only where nobody else wants a processor.",
    )

    # Suggested scores of comments
    suggestions_per_day: int = Field(
        1000, ge=1, description="Suggested scores that are kept of one account in one day (UTC), at most."
    )
    suggestion_retention_days: int = Field(
        365, ge=1, le=36500, description="Days after which a suggested score is deleted, accepted or not."
    )

    # Collection from an outside API
    api_base_url: str | None = Field(
        None, description="Outside API that collectors read.", examples=["https://api.example.org"]
    )
    flic_token: SecretStr | None = Field(None, description="`Flic-Token` of that API and of /api/v1/collect/*.")
    collect_moderation: Literal["pending", "trusted"] = Field(
        "pending", description="Whether collected items were checked where they come from; trusted ones are shown."
    )

    # Media that callers name by URL
    media_max_bytes: int = Field(
        512 << 20, ge=1024, le=1 << 40, description="Bytes of one image, sound or video fetched by URL, at most."
    )
    media_fetch_timeout: float = Field(
        60.0, gt=0.0, le=3600.0, description="Seconds that fetching one of them may take, redirects included."
    )
    media_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts fetched from though their address is not public, as host:port, comma-separated.",
        examples=["minio:9000"],
    )

    # Recommendation
    embedding_dim: int = Field(
        128, ge=8, le=1024, description="Width of learned vectors (als, svd, svdpp, transformer, deep)."
    )
    max_recommendations: int = Field(
        50, ge=1, le=500, description="Items in one answer at most (not the depth of paging)."
    )
    cold_start_threshold: int = Field(
        5, ge=0, description="Below this many interactions mood, category and trending lead."
    )
    similarity_threshold: float = Field(
        0.3, ge=0.0, le=1.0, description="Least cosine of a content-similarity candidate."
    )
    age_restricted_for_unknown: bool = Field(
        True, description="Whether feeds show age-restricted items to viewers whose year of birth is not known."
    )
    cache_ttl: int = Field(300, ge=0, description="Seconds a computed recommendation list is kept.")
    ml_model_cache_ttl: int = Field(3600, ge=0, description="Seconds a model's answer about one content is kept.")

    # Moderation thresholds
    ml_nsfw_threshold: Probability = Field(0.7, description="Least score that counts as NSFW.")
    ml_spam_threshold: Probability = Field(0.8, description="Least score that counts as spam.")
    ml_violence_threshold: Probability = Field(0.75, description="Least score that counts as violence.")
    ml_hate_speech_threshold: Probability = Field(0.7, description="Least score that counts as hate speech.")
    ml_toxicity_threshold: Probability = Field(0.7, description="Least score that counts as toxic.")

    # Models and training
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where models run.")
    model_size: Literal["small", "base", "large"] = Field("small", description="Size class of catalogue models.")
    use_quantization: bool = Field(True, description="Serve int8 where a model has it.")
    batch_size: int = Field(32, ge=1, le=65536, description="Rows in one training or inference batch.")
    learning_rate: float = Field(0.001, gt=0.0, le=1.0, description="Start of the learning-rate schedule.")
    mlflow_tracking_uri: str | None = Field(
        None, description="Empty: a folder under SOCIALFLOW_HOME.", examples=["http://localhost:5001"]
    )
    s3_endpoint: str | None = Field(
        None, description="S3-compatible artefact store.", examples=["https://s3.example.org"]
    )
    s3_bucket: str | None = Field(None, description="Its bucket.", examples=["socialflow-models"])
    r2_account_id: str | None = Field(None, description="Cloudflare R2 account; makes the endpoint.")
    r2_access_key_id: SecretStr | None = Field(None, description="Access key of the artefact store.")
    r2_secret_access_key: SecretStr | None = Field(None, description="Secret key of the artefact store.")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object, info: object) -> object:
        """An empty line in `.env` means the default, not an empty value."""
        if value == "":
            name = getattr(info, "field_name", "")
            return cls.model_fields[name].get_default()
        return value

    @field_validator("allowed_origins", "media_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != "*" and (
                parts.scheme not in {"http", "https"} or not parts.netloc or parts.path not in {"", "/"}
            ):
                raise ValueError(f"{origin!r} is not an origin (scheme and host, no path)")
        return tuple(origin.rstrip("/") for origin in value)

    @field_validator("media_allowed_hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host_and_port(host) for host in value)

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in DATABASE_SCHEMES:
            raise ValueError(f"unknown scheme in {value.split(':', 1)[0]!r}; use sqlite or postgresql")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis_url(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must start with redis://, rediss:// or unix://")
        return value

    @field_validator("celery_result_backend")
    @classmethod
    def _check_result_backend(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "redis+socket"}:
            raise ValueError("must start with redis://, rediss:// or redis+socket://")
        return value

    @field_validator("celery_broker_url")
    @classmethod
    def _check_broker_url(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in {"redis", "rediss", "redis+socket", "amqp", "amqps"}:
            raise ValueError("must start with redis://, rediss://, redis+socket://, amqp:// or amqps://")
        return value

    @field_validator("api_base_url", "jwt_jwks_url", "s3_endpoint")
    @classmethod
    def _check_http_url(cls, value: str | None) -> str | None:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ValueError("must be an http(s) address")
        return value

    @field_validator("flic_token")
    @classmethod
    def _check_flic_token(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value is not None else ""
        if not (text.isascii() and text.isprintable() and text == text.strip()):
            raise ValueError("must be printable ASCII without spaces around it, as it travels in a header")
        return value

    @field_validator("jwt_secret")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.jwt_secret is not None and self.jwt_jwks_url is not None:
            raise ValueError("JWT_SECRET and JWT_JWKS_URL exclude each other: set one of them")
        return self

    @property
    def home(self) -> Path:
        """SOCIALFLOW_HOME."""
        return self.socialflow_home

    @property
    def store_url(self) -> str:
        """The database address with the embedded default filled in."""
        return self.database_url or f"sqlite:///{quote(str(self.home.absolute() / 'socialflow.db'))}"

    @property
    def models_dir(self) -> Path:
        """The folder of trained model versions with the default filled in."""
        return self.model_path or self.home / "models"

    @property
    def upstream_dir(self) -> Path:
        """The folder of catalogue models that were pulled."""
        return self.home / "upstream"

    @property
    def imports_dir(self) -> Path:
        """The folder of checkpoints and rejected rows of imports."""
        return self.home / "imports"

    @property
    def inference_dir(self) -> Path:
        """The folder of what batch inference writes."""
        return self.home / "inference"

    @property
    def heads_file(self) -> Path:
        """Heads of the audit chain that this machine sealed."""
        return self.home / "audit-heads.jsonl"

    @property
    def work_dir(self) -> Path:
        """The folder of what a training run writes and deletes."""
        return self.home / "work"

    @property
    def media_dir(self) -> Path:
        """Where media from elsewhere lies while it is looked at."""
        return self.home / "media"

    @property
    def queue_dir(self) -> Path:
        """The folder of messages to workers where no broker is set."""
        return self.home / "queue"

    @property
    def shared_redis_url(self) -> str | None:
        """REDIS_URL, or one made from REDIS_HOST, REDIS_PORT and REDIS_DB; None without Redis."""
        if self.redis_url or not self.redis_host:
            return self.redis_url
        return f"redis://{self.redis_host}:{self.redis_port}/{self.redis_db}"


def setting_name(field: str) -> str:
    """The environment variable of a settings field.

    >>> setting_name("cache_ttl")
    'CACHE_TTL'
    """
    return field.upper()


def load_settings(overrides: Mapping[str, object] | None = None) -> Settings:
    """Read settings once; `overrides` (by field name) win over the environment.

    Raises:
        ConfigurationError: naming each wrong setting, what is wrong and a value that works.
    """
    try:
        return Settings(**dict(overrides or {}))  # type: ignore[arg-type]
    except ValidationError as error:
        raise ConfigurationError("\n".join(_explain(problem) for problem in error.errors())) from None


def _explain(problem: Mapping[str, object] | object) -> str:
    """One line for one problem: name, what is wrong, an example. Secrets are never echoed."""
    details = dict(problem) if isinstance(problem, Mapping) else {}
    location = details.get("loc")
    first = str(location[0]) if isinstance(location, tuple) and location else ""
    field = _field_of(first)
    message = str(details.get("msg", "")).removeprefix("Value error, ")
    if field is None:
        return message
    info = Settings.model_fields[field]
    private = "Secret" in str(info.annotation) or field.endswith("_url")  # addresses may hold a password
    given = "" if private else f" (got {details.get('input')!r})"
    example = info.examples[0] if info.examples else info.get_default()
    return f"{setting_name(field)} is wrong: {message}{given}. Example: {setting_name(field)}={example}"


def _field_of(location: str) -> str | None:
    return location.lower() if location.lower() in Settings.model_fields else None


def env_example() -> str:
    """The text of `.env.example`: every setting with its default and meaning."""
    lines = [
        "# Every setting of Social Flow AI with its default. Copy to .env and change what you need.",
        "# A line left empty means the default. This file is made by `make env-example`.",
        "",
    ]
    for field, info in Settings.model_fields.items():
        default = info.get_default()
        shown = "" if default in (None, ()) else str(default).lower() if isinstance(default, bool) else str(default)
        hint = f" E.g. {info.examples[0]}" if info.examples and str(info.examples[0]) != shown else ""
        lines += [f"# {info.description}{hint}", f"{setting_name(field)}={shown}", ""]
    return "\n".join(lines)

"""A right start reads its settings once; a wrong one stops and says how to mend it."""

from pathlib import Path

import pytest

from socialflow.errors import ConfigurationError
from socialflow.settings import Settings, env_example, load_settings, setting_name

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(setting_name(field), raising=False)


class TestDefaults:
    def test_nothing_set_means_the_embedded_store_under_home(self) -> None:
        settings = load_settings()
        assert settings.store_url == f"sqlite:///{Path('var/socialflow.db').absolute()}"
        assert settings.models_dir == Path("var/models")
        assert settings.shared_redis_url is None

    def test_an_empty_line_means_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CACHE_TTL", "")
        monkeypatch.setenv("REDIS_URL", "")
        settings = load_settings()
        assert settings.cache_ttl == 300
        assert settings.redis_url is None

    def test_host_and_port_make_a_redis_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REDIS_HOST", "cache")
        monkeypatch.setenv("REDIS_DB", "3")
        assert load_settings().shared_redis_url == "redis://cache:6379/3"

    def test_allowed_hosts_have_one_spelling(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEDIA_ALLOWED_HOSTS", "MinIO:9000, [FD00::0:5]:443")
        assert load_settings().media_allowed_hosts == ("minio:9000", "[fd00::5]:443")

    def test_the_example_file_is_complete_and_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (ROOT / ".env.example").read_text() == env_example(), "run `make env-example`"
        Path(".env").write_text(env_example())
        assert load_settings() == Settings.model_construct(**load_settings().model_dump())


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("SOCIALFLOW_PORT", "99999", "less than or equal to 65535"),
            ("ML_NSFW_THRESHOLD", "high", "valid number"),
            ("SOCIALFLOW_DURABILITY", "maybe", "'normal' or 'full'"),
            ("ALLOWED_ORIGINS", "example.org", "not an origin"),
            ("DATABASE_URL", "mysql://u:p@h/d", "use sqlite or postgresql"),
            ("JWT_SECRET", "short", "at least 32 characters"),
            ("API_BASE_URL", "ftp://x", "http(s) address"),
            ("REDIS_URL", "http://h", "redis://"),
            ("CELERY_BROKER_URL", "localhost:6379", "redis://"),
            ("CELERY_BROKER_URL", "unix:///run/redis.sock", "redis+socket://"),
            ("MEDIA_ALLOWED_HOSTS", "minio:9000,minio", "'minio' is not host:port"),
            ("MEDIA_ALLOWED_HOSTS", "http://minio:9000", "is not host:port"),
            ("MEDIA_FETCH_TIMEOUT", "0", "greater than 0"),
            ("CELERY_RESULT_BACKEND", "unix:///run/redis.sock", "redis+socket://"),
        ],
    )
    def test_the_message_names_the_setting_the_fault_and_an_example(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        message = str(caught.value)
        assert name in message
        assert says in message
        assert f"Example: {name}=" in message

    @pytest.mark.parametrize(("name", "value"), [("JWT_SECRET", "hunter2"), ("DATABASE_URL", "mysql://u:hunter2@h/d")])
    def test_secrets_are_not_repeated(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        assert "hunter2" not in str(caught.value)

    def test_every_wrong_setting_is_reported_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CACHE_TTL", "soon")
        monkeypatch.setenv("BATCH_SIZE", "0")
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        assert len(str(caught.value).splitlines()) == 2

    def test_two_sources_of_tokens_exclude_each_other(self) -> None:
        with pytest.raises(ConfigurationError, match="exclude each other"):
            load_settings({"jwt_secret": "x" * 40, "jwt_jwks_url": "https://login.example.org/keys"})

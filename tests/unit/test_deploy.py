"""What `deploy/` names exists: settings, commands, files, metrics."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from socialflow.doors.cli.app import app
from socialflow.observability.metrics import Metrics
from socialflow.settings import Settings, setting_name

DEPLOY = Path(__file__).parents[2] / "deploy"
OTHERS = re.compile(r"^(POSTGRES|GF)_")
BY_LABEL = {"_bucket", "_count", "_sum", "_total", "_created"}


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return parsed


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def queries() -> list[str]:
    """Every expression of the alerts and the board."""
    rules = [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    board = json.loads((DEPLOY / "grafana/dashboards/socialflow.json").read_text())
    return [rule["expr"] for rule in rules] + [
        target["expr"] for panel in board["panels"] for target in panel["targets"]
    ]


def exported() -> set[str]:
    """Names of all time series that the service shows."""
    families = list(Metrics().registry.collect())
    names = {family.name for family in families}
    return names | {name + suffix for name in names for suffix in BY_LABEL}


class TestCompose:
    def test_it_has_every_part(self) -> None:
        wanted = {"api", "worker", "beat", "postgres", "redis", "flower", "prometheus", "grafana"}
        assert wanted <= set(services())

    def test_every_setting_exists(self) -> None:
        known = {setting_name(field) for field in Settings.model_fields}
        for name, service in services().items():
            given = {key for key in service.get("environment", {}) if not OTHERS.match(key)}
            assert given <= known, f"{name}: {given - known}"

    @pytest.mark.parametrize("name", ["migrate", "api", "worker", "beat"])
    def test_every_command_exists(self, name: str) -> None:
        command: Any = get_command(app)
        for word in services()[name]["command"]:
            command = command.commands[word]

    def test_every_file_exists(self) -> None:
        for service in services().values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                assert not source.startswith(".") or (DEPLOY / source).exists(), volume
            if "build" in service:
                assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()

    def test_every_image_from_elsewhere_is_pinned(self) -> None:
        for name, service in services().items():
            if "build" not in service:
                assert re.search(r":v?\d+\.\d+", service["image"]), name

    def test_nothing_is_published_beyond_this_host(self) -> None:
        ports = [port for service in services().values() for port in service.get("ports", [])]
        assert ports
        assert all(port.startswith("127.0.0.1:") for port in ports)

    def test_every_value_that_must_be_given_is_in_the_example(self) -> None:
        needed = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
        example = re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE)
        assert needed <= set(example)


class TestDockerfile:
    def test_the_service_runs_as_nobody_special_and_checks_itself(self) -> None:
        text = (DEPLOY / "Dockerfile").read_text()
        service = text[text.index("AS service") :]
        assert "USER socialflow" in service
        assert "HEALTHCHECK" in service
        assert "--require-hashes" in text

    def test_every_copied_path_is_let_through(self) -> None:
        root = DEPLOY.parent
        ignored = (root / ".dockerignore").read_text().splitlines()
        copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        for path in " ".join(copied).split():
            assert (root / path).exists()
            assert f"!{path}" in ignored


class TestMonitoring:
    @pytest.mark.parametrize("query", queries())
    def test_every_metric_is_exported(self, query: str) -> None:
        named = set(re.findall(r"\b(?:socialflow|process)_\w+", query))
        assert named
        assert named <= exported()

    def test_prometheus_reads_the_alerts_and_the_service(self) -> None:
        config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
        assert config["rule_files"] == ["alerts.yml"]
        assert config["scrape_configs"][0]["dns_sd_configs"][0]["names"] == ["api"]

    def test_every_alert_says_what_to_do(self) -> None:
        for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]:
            for rule in group["rules"]:
                assert rule["annotations"]["summary"]
                assert rule["annotations"]["action"]

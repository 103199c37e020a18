"""The command line as people and scripts meet it: exit codes, one clear line, JSON, quiet pipes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from socialflow import __version__
from socialflow.doors.cli.app import app

RUNNER = CliRunner()
ENVIRONMENT_OF_SETTINGS = ("SOCIALFLOW_", "DATABASE_URL", "JWT_", "REDIS_", "MODEL_PATH", "API_KEY")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh installation; nothing of the machine's own settings counts."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_OF_SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


def cli(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def answer(*arguments: object) -> object:
    result = cli(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def every_command() -> list[list[str]]:
    import typer.main

    found: list[list[str]] = [[]]
    stack = [([], typer.main.get_command(app))]
    while stack:
        path, group = stack.pop()
        for name, command in getattr(group, "commands", {}).items():
            found.append([*path, name])
            stack.append(([*path, name], command))
    return found


class TestHelp:
    @pytest.mark.parametrize("path", every_command(), ids=" ".join)
    def test_every_command_explains_itself(self, path: list[str]) -> None:
        result = cli(*path, "--help")
        assert result.exit_code == 0
        assert "Usage" in result.stdout
        is_group = any(other[:-1] == path and other for other in every_command())
        assert "Example: " in result.stdout or (is_group and path)

    def test_without_a_command_the_help_is_shown(self) -> None:
        result = cli()
        assert result.exit_code == 0
        assert "simulate" in result.stdout

    def test_version(self) -> None:
        assert cli("--version").stdout.strip() == f"socialflow {__version__}"

    def test_help_loads_nothing_heavy(self) -> None:
        """Start-up stays quick because commands import what they need when they run."""
        program = (
            "import sys, socialflow.doors.cli.app; "
            "print([name for name in ('numpy', 'scipy', 'sqlalchemy', 'fastapi', 'uvicorn', 'pyarrow', 'rich', 'httpx')"
            " if name in sys.modules])"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert result.stdout.strip() == "[]"

    def test_choices_are_those_of_the_importer(self) -> None:
        from typing import get_args, get_type_hints

        from socialflow.doors.cli.data import KINDS, FileOptions
        from socialflow.doors.cli.evaluation import Measuring
        from socialflow.intake.records import Format, ImportKind, Moderation, TimeUnit
        from socialflow.training.protocols import PROTOCOLS

        hints = get_type_hints(FileOptions)
        assert get_args(get_args(hints["format"])[0]) == tuple(Format)
        assert get_args(hints["time_unit"]) == tuple(TimeUnit)
        assert get_args(hints["moderation"]) == tuple(Moderation)
        assert tuple(KINDS) == tuple(ImportKind)
        assert set(get_args(get_type_hints(Measuring)["protocol"])) == set(PROTOCOLS)


class TestBadInput:
    """Exit code 2, one line on standard error that says what is wrong, nothing on standard output, no traceback."""

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["bogus"], "No such command 'bogus'"),
            (["train"], "Missing argument"),
            (["train", "magic"], "no model 'magic'; models: "),
            (["train", "als", "--set", "factors=many"], "factors"),
            (["train", "als", "--config", "missing.toml"], "missing.toml cannot be read"),
            (["train", "als"], "nothing to train on"),
            (["import", "items", "missing.csv"], "missing.csv"),
            (["import", "movielens", "."], "no MovieLens set"),
            (["import", "interactions", "rows.csv", "--map", "user"], "--map takes field=value"),
            (["import", "interactions", "rows.csv", "--map", "colour=2"], "colour"),
            (["import", "interactions", "rows.csv", "--format", "xml"], "xml"),
            (["simulate", "--users", "1"], "--users"),
            (["models", "show", "als"], "no version of als is active"),
            (["models", "promote", "als", "0001"], "no version 0001 of als"),
            (["models", "promote", "../als", "0001"], "model name"),
            (["models", "rollback", "als"], "no version of als is active"),
            (["models", "remove", "als"], "--keep"),
            (["models", "remove", "als", "--keep", "1"], "no model als"),
            (["eval", "recommender", "als"], "--data DIRECTORY or by --file FILE"),
            (["eval", "recommender", "als", "--file", "rows.csv", "--k", "ten"], "--k takes numbers"),
            (["eval", "recommender", "magic", "--file", "rows.csv"], "magic"),
            (["eval", "text", "spam", "--data", "rows.csv", "--text", "item", "--label", "user"], "by --map"),
            (["eval", "text", "spam", "--data", "rows.csv", "--map", "[]"], "JSON object"),
            (["eval", "text", "mood", "--data", "rows.csv"], "mood"),
            (["token", "create", "a\tb"], "control characters"),
            (["token", "create", "alice", "--role", "king"], "king"),
            (["token", "inspect", "nonsense"], "token"),
            (["key", "revoke", "nothing"], "no service key"),
            (["key", "create", "backend", "--scope", "all"], "all"),
            (["eval", "off-policy", "--data", "."], "no logs of the form"),
            (["serve", "--port", "0"], "--port"),
            (["serve", "--host", "256.0.0.1"], "cannot listen on 256.0.0.1"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_one_clear_line(self, home: Path, arguments: list[str], said: str) -> None:
        Path("rows.csv").write_text("user,item,at\nu1,i1,1700000000\n")
        result = cli(*arguments)
        assert result.exit_code == 2, result.output
        assert said in result.stderr
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""

    def test_a_wrong_setting_is_named_with_a_right_one(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOCIALFLOW_PORT", "abc")
        result = cli("models", "list")
        assert result.exit_code == 2
        assert "SOCIALFLOW_PORT is wrong" in result.stderr
        assert "SOCIALFLOW_PORT=8000" in result.stderr

    def test_a_database_that_is_not_there(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
        result = cli("key", "list")
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


class TestAccess:
    def test_a_token_is_made_and_looked_into(self, home: Path) -> None:
        token = cli("token", "create", "alice", "--role", "moderator", "--days", "7").stdout.strip()
        said = answer("token", "inspect", token)
        assert isinstance(said, dict)
        assert (said["user"], said["role"]) == ("alice", "moderator")
        remaining = datetime.fromisoformat(said["expires"]) - datetime.now(UTC)
        assert 6 <= remaining.days <= 7

    def test_another_installation_does_not_take_it(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        token = cli("token", "create", "alice").stdout.strip()
        monkeypatch.setenv("SOCIALFLOW_HOME", str(home.parent / "elsewhere"))
        (home.parent / "elsewhere").mkdir()
        assert cli("token", "inspect", token).exit_code == 2

    def test_a_key_is_shown_once_listed_and_closed(self, home: Path) -> None:
        made = answer("key", "create", "backend", "--scope", "write", "--rate-limit", "600")
        assert isinstance(made, dict)
        listed = cli("key", "list")
        assert made["id"] in listed.stdout
        assert made["key"] not in listed.stdout
        assert cli("key", "revoke", made["id"]).exit_code == 0
        (row,) = answer("key", "list")  # type: ignore[misc]
        assert (row["name"], row["scopes"], row["rate_limit"]) == ("backend", "write", 600)
        assert row["revoked"] is not None


class TestDoctor:
    def test_a_fresh_installation_is_well_but_has_no_model(self, home: Path) -> None:
        cli("db", "upgrade")
        findings = {row["part"]: row for row in answer("doctor")}  # type: ignore[union-attr, index]
        assert findings["python"]["health"] == "ok"
        assert findings["models"]["health"] == "warn"
        assert "socialflow train" in findings["models"]["hint"]

    def test_a_damaged_model_fails(self, home: Path) -> None:
        from socialflow.catalogue.registry import Catalogue

        catalogue = Catalogue(home / "models")
        catalogue.add("als", "als", lambda directory: (directory / "a.txt").write_text("x") and None, {})
        catalogue.activate("als", "0001")
        weights = home / "models" / "als" / "0001" / "a.txt"
        weights.chmod(0o644)
        weights.write_text("y")
        result = cli("doctor")
        assert result.exit_code == 1
        assert "fail  models" in result.stdout
        assert "damaged" in result.stdout

    def test_wrong_settings_fail(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CACHE_TTL", "soon")
        result = cli("doctor")
        assert result.exit_code == 1
        assert "CACHE_TTL is wrong" in result.stdout


class TestDatabase:
    def test_upgrade_check_backup_and_restore(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(2):
            assert cli("db", "upgrade").exit_code == 0
        cli("simulate", "--users", "20", "--items", "30", "--days", "2")
        before = answer("db", "check")
        assert cli("db", "backup", "copy.db").exit_code == 0
        assert cli("db", "backup", "copy.db").exit_code == 2
        monkeypatch.setenv("SOCIALFLOW_HOME", str(home.parent / "restored"))
        assert cli("db", "restore", "copy.db").exit_code == 0
        assert answer("db", "check") == before
        assert isinstance(before, dict)
        assert before["rows"]["users"] == 20

    def test_a_database_without_tables_is_not_well(self, home: Path) -> None:
        home.mkdir()
        (home / "socialflow.db").touch()
        result = cli("db", "check")
        assert result.exit_code == 1
        assert "socialflow db upgrade" in result.stdout


@pytest.fixture
def ratings(home: Path) -> Path:
    """Sixty people of three tastes; ten likes each, of their own taste's twenty items."""
    rng = np.random.default_rng(2)
    lines = ["user,item,timestamp"]
    for user in range(60):
        liked = rng.choice(20, 10, replace=False)
        lines += [f"u{user},{'abc'[user % 3]}{n},{1_700_000_000 + 60 * user + n}" for n in liked]
    path = home.parent / "ratings.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


class TestTraining:
    def test_a_refused_candidate_ends_with_code_one_and_is_not_served(self, ratings: Path) -> None:
        likes = ("--map", "at=timestamp", "--set", "type=like", "--create-missing")
        assert cli("import", "interactions", ratings, *likes).exit_code == 0
        assert cli("train", "item_item", "--promote").exit_code == 0
        result = cli("train", "item_item", "--promote", "--set", "neighbours=1", "--set", "gate.min_users=10")
        assert result.exit_code == 1
        assert "item_item 0002: refused" in result.stdout
        assert "worse: ndcg@10" in result.stdout
        rows = answer("models", "list")
        assert [(row["state"], row["active"]) for row in rows] == [("candidate", True), ("refused", False)]  # type: ignore[attr-defined]

    def test_versions_are_shown_promoted_rolled_back_and_removed(self, ratings: Path) -> None:
        cli("import", "interactions", ratings, "--map", "at=timestamp", "--set", "type=like", "--create-missing")
        for _ in range(2):
            cli("train", "item_item", "--promote")
        shown = answer("models", "show", "item_item")
        assert isinstance(shown, dict)
        assert shown["version"] == "0002"
        assert "600 interactions of 60 users" in shown["card"]["data"]
        assert "600 interactions of 60 users" in cli("models", "show", "item_item", "0001").stdout
        assert cli("models", "rollback", "item_item").stdout.strip() == "item_item 0001 is active again"
        assert cli("models", "promote", "item_item", "0002").exit_code == 0
        assert cli("models", "remove", "item_item", "0002").exit_code == 2
        assert cli("models", "remove", "item_item", "--keep", "0").stdout.strip() == "removed item_item 0001"


class TestEvaluation:
    def test_the_report_has_what_is_promised(self, ratings: Path) -> None:
        result = cli("eval", "recommender", "item_item", "--file", ratings, "--json", "report.json", "--bootstrap")
        assert result.exit_code == 0, result.output
        report = json.loads(Path("report.json").read_text())
        assert (report["task"], report["name"], report["protocol"]) == ("recommender", "item_item", "leave-one-out")
        assert set(report["data"]) >= {"users", "items", "train", "test"}
        assert set(report["metrics"]) == set(report["popularity"])
        assert {"recall@10", "ndcg@20", "hit_rate@10"} <= set(report["metrics"])
        assert {"fit_seconds", "users_per_second", "peak_memory_mb", "version", "settings"} <= set(report)
        assert f"{report['metrics']['ndcg@10']:.4f}" in result.stdout
        assert "popularity" in result.stdout

    def test_compare_answers_with_a_list_in_the_order_asked(self, ratings: Path) -> None:
        result = cli("eval", "compare", "als", "item_item", "--file", ratings, "--k", "5", "--json", "-")
        assert result.exit_code == 0, result.output
        reports = json.loads(result.stdout)
        assert [report["name"] for report in reports] == ["als", "item_item"]
        assert "recall@5" in reports[0]["metrics"]


class TestProcesses:
    """What only a real process shows."""

    def run(self, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from socialflow.doors.cli.app import main; main()", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=home.parent)

    def test_no_progress_bar_in_a_pipe(self, home: Path) -> None:
        done = self.run("simulate", "--users", "20", "--items", "30", "--days", "2", "--json", home=home)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert json.loads(done.stdout)["users"] == 20

    def test_a_failure_is_one_line_and_two(self, home: Path) -> None:
        failed = self.run("import", "users", "missing.csv", home=home)
        assert failed.returncode == 2
        assert failed.stdout == ""
        assert failed.stderr.count("\n") == 1

    def test_a_progress_bar_on_a_terminal(self, home: Path) -> None:
        import pty

        leader, follower = pty.openpty()
        command = [sys.executable, "-c", "from socialflow.doors.cli.app import main; main()"]
        process = subprocess.Popen(
            [*command, "simulate", "--users", "20", "--items", "30", "--days", "2"],
            stderr=follower,
            stdout=subprocess.DEVNULL,
            cwd=home.parent,
        )
        os.close(follower)
        drawn = b""
        while True:
            try:
                block = os.read(leader, 4096)
            except OSError:  # how Linux says that nobody holds the other end any more
                break
            drawn += block
        os.close(leader)
        assert process.wait(60) == 0
        assert b"days" in drawn
        assert b"100%" in drawn

"""`socialflow moderation check`, `replay` and `verify` as people and scripts meet them."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from socialflow import wiring
from socialflow.content.records import Item, ItemKind, User
from socialflow.doors.cli.app import app
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade

CALM = """\
policy: 1
reasons:
  any: {text: It is looked at., severity: 0.5, ground: terms, clause: "Rules, 1", category: other_violation_tc}
rules:
  - {name: everything, reason: any, acts: [flag]}
"""


async def _fill() -> None:
    platform = wiring.assemble(load_settings())
    now = platform.clock.now()
    async with platform.store.write() as unit:
        await unit.users.upsert([User(f"u{n}", f"name{n}", now) for n in range(3)])
        await unit.items.upsert(
            [Item(f"p{n}", ItemKind.POST, now, text="good bread", author=f"u{n}") for n in range(3)]
        )
        keys = list((await unit.items.keys(["p0", "p1", "p2"])).values())
    await platform.moderation.moderator.decide(keys)
    await platform.audit.seal()
    await platform.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three posts, decided about and sealed."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOCIALFLOW_HOME", str(home))
        patched.delenv("DATABASE_URL", raising=False)
        upgrade(load_settings().store_url)
        asyncio.run(_fill())
    return home


@pytest.fixture
def policy(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOCIALFLOW_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = home / "policy.yaml"
    file.write_text(CALM, encoding="utf-8")
    return file


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["moderation", *arguments])


class TestCheck:
    def test_nothing_is_wrong(self, policy: Path) -> None:
        result = cli("check", str(policy))
        assert (result.exit_code, result.stdout) == (0, "nothing is wrong\n")

    def test_what_is_wrong_has_its_line(self, policy: Path) -> None:
        policy.write_text(CALM.replace("reason: any", "reason: anny"))
        result = cli("check", str(policy))
        assert result.exit_code == 1
        assert result.stdout.startswith("error: line 5: everything: the policy has no reason 'anny'")
        told = json.loads(cli("check", str(policy), "--json").stdout)
        assert (told["ok"], told["findings"][0]["line"]) == (False, 5)

    def test_what_cannot_be_read(self, policy: Path) -> None:
        policy.write_text(CALM.replace("acts: [flag]", "acts: [flg]"))
        result = cli("check", str(policy))
        assert result.exit_code == 1
        assert result.stdout.startswith("error: line 5: ")
        assert cli("check", str(policy.with_name("none.yaml"))).exit_code == 2


class TestReplay:
    def test_as_a_table(self, policy: Path) -> None:
        result = cli("replay", "--policy", str(policy))
        assert result.exit_code == 0, result.output
        assert "everything" in result.stdout
        assert "beyond the limits: 100.0 % of decisions would change" in result.stdout

    def test_as_json(self, policy: Path) -> None:
        told = json.loads(cli("replay", "--policy", str(policy), "--json").stdout)
        assert (told["decisions"], told["flipped"]) == (3, 3)
        early = cli("replay", "--policy", str(policy), "--since", "2020-01-01", "--until", "2020-02-01", "--json")
        assert json.loads(early.stdout)["decisions"] == 0

    def test_what_is_unfit_or_no_scope_is_one_line(self, policy: Path) -> None:
        result = cli("replay", "--policy", str(policy), "--scope", "all")
        assert (result.exit_code, result.stderr.split(":")[0]) == (2, "error")
        policy.write_text(CALM.replace("reason: any", "reason: anny"))
        assert "the policy has errors" in cli("replay", "--policy", str(policy)).stderr


class TestVerify:
    def test_everything_is_as_it_was_sealed(self, policy: Path) -> None:
        result = cli("verify")
        assert result.exit_code == 0, result.output
        assert result.stdout.endswith("everything is as it was sealed\n")
        told = json.loads(cli("verify", "--json").stdout)
        assert (told["ok"], told["decisions"], told["batches"], told["fault"]) == (True, 3, 1, None)

    def test_what_was_altered_is_found(self, policy: Path, home: Path) -> None:
        with sqlite3.connect(home / "socialflow.db") as database:
            database.execute("UPDATE decisions SET person_status = 'rejected' WHERE content_id = 'p1'")
        result = cli("verify", "--json")
        assert result.exit_code == 2
        assert json.loads(result.stdout)["fault"]["table"] == "decisions"
        assert "person_status: it is not what a person said last" in result.stderr

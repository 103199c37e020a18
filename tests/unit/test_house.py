"""The import contracts hold, and each of them breaks when it is violated."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(src: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of pyproject.toml over the package found under `src`."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        capture_output=True,
        text=True,
        check=False,
        cwd=src,
        env={**os.environ, "PYTHONPATH": str(src)},
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src" / "socialflow", tmp_path / "socialflow", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


class TestContracts:
    def test_the_house_as_it_stands_keeps_them(self, copy: Path) -> None:
        result = lint(copy)
        assert result.returncode == 0, result.stdout

    @pytest.mark.parametrize(
        ("contract", "file", "line"),
        [
            ("house", "kit/planted.py", "import socialflow.content.records"),
            ("house", "content/planted.py", "import socialflow.storage.unit_of_work"),
            ("house", "unlisted/__init__.py", ""),
            ("doors blind", "doors/cli/planted.py", "import socialflow.doors.rest.app"),
            (
                "algorithms blind",
                "recommendation/algorithms/planted.py",
                "import socialflow.recommendation.algorithms.als",
            ),
            ("no frameworks below", "recommendation/planted.py", "def late():\n    import fastapi\n    return fastapi"),
            ("sql in storage", "pipelines/planted.py", "import sqlalchemy"),
        ],
    )
    def test_a_planted_violation_breaks_its_contract(self, copy: Path, contract: str, file: str, line: str) -> None:
        planted = copy / "socialflow" / file
        planted.parent.mkdir(exist_ok=True)
        planted.write_text(f'"""Planted."""\n{line}\n')
        result = lint(copy)
        assert result.returncode != 0
        broken = [
            row for row in result.stdout.splitlines() if "BROKEN" in row or "not listed" in row or "exhaustive" in row
        ]
        assert contract in result.stdout
        assert broken, result.stdout


class TestServingNeedsLittle:
    def test_importing_the_application_loads_no_training_library(self) -> None:
        code = (
            "import sys, socialflow.main; "
            "print([name for name in ('torch', 'implicit', 'sklearn', 'pyarrow', 'alembic') if name in sys.modules])"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
        assert result.stdout.strip() == "[]"

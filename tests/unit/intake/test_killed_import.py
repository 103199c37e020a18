"""An import that is killed goes on where it was, in a real store: every row there, none twice."""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from socialflow.intake import ImportKind, ImportOptions, import_file
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store

ROWS = 500
KILLED_IN = {
    "after a checkpoint": "progress = lambda stage, done, total: calls.append(done) or len(calls) == 3 and die()",
    "between commit and checkpoint": (
        "write = Journal.commit\n"
        "Journal.commit = lambda journal, tally: die() if tally.rows == 150 else write(journal, tally)"
    ),
}
SCRIPT = """
import asyncio, os, signal, sys
from pathlib import Path
from socialflow.intake import ImportKind, ImportOptions, import_file
from socialflow.intake.checkpoint import Journal
from socialflow.storage.unit_of_work import Store
calls = []
progress = lambda stage, done, total: None
def die(): os.kill(os.getpid(), signal.SIGKILL)
{kill}
url, file, state = sys.argv[1:]
options = ImportOptions(create_missing=True, chunk_rows=50, state_dir=Path(state))
asyncio.run(import_file(Store(url), ImportKind.INTERACTIONS, Path(file), options, progress))
"""


@pytest.mark.parametrize("moment", sorted(KILLED_IN))
async def test_every_row_is_there_once(tmp_path: Path, moment: str) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    await asyncio.to_thread(upgrade, url)
    file = tmp_path / "events.csv"
    file.write_text("user,item,at\n" + "".join(f"u{n % 7},v{n % 11},{1_700_000_000 + n}\n" for n in range(ROWS)))
    command = [sys.executable, "-c", SCRIPT.format(kill=KILLED_IN[moment]), url, str(file), str(tmp_path / "state")]
    died = await asyncio.to_thread(subprocess.run, command, env=dict(os.environ), capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()

    options = replace(ImportOptions(), create_missing=True, chunk_rows=50, state_dir=tmp_path / "state")
    store = Store(url)
    try:
        report = await import_file(store, ImportKind.INTERACTIONS, file, options)
        async with store.read() as unit:
            assert await unit.interactions.count() == ROWS
    finally:
        await store.close()
    assert report.rows == ROWS
    assert report.stored + report.duplicates == ROWS
    assert report.resumed_from >= 100
    assert not list((tmp_path / "state").glob("*.json"))

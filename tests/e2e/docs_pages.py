"""Pages of the documentation as programs: their blocks read, their commands run as a reader would, one shell a page.

A page's `console` blocks hold commands after `$ ` (gone on with after a backslash, or in lines after `> `) and what
they print. Shown output is compared with what came, `...` standing for anything. `python` blocks are run as scripts.
HTML comments before a block or at the head of a page steer this:

- `<!-- not run: reason -->`: the block is shown only
- `<!-- output varies: reason -->`: the block is run, its output is not compared
- `<!-- goes on from: ../tutorial/page.md -->`: begins in a copy of the folder that the other page left

`MOVIELENS=path python -m tests.e2e.docs_pages docs/tutorial/first-feed.md` writes the outputs that vary anew.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SHOWN_ADDRESS = "127.0.0.1:8000"
"""Where the pages' server listens; here each page has a port of its own."""

_BLOCK = re.compile(
    r"(?P<before>(?:^<!--[^\n]*-->\n+)*)^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
_COMMENT = re.compile(r"<!-- (?P<key>not run|output varies|goes on from): (?P<value>.+?) -->")
_ASSIGNMENT = re.compile(r"(?:export )?(?P<name>[A-Z_]+)=\S*")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what is typed, what the page shows for it, where it stands."""

    text: str
    shown: str
    line: int
    compared: bool = True


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed (standard output and error together) and how it ended."""

    command: Command
    printed: str
    status: int


class PageFailed(AssertionError):
    """A command of a page failed, or printed something else than the page shows."""


def comments(text: str) -> dict[str, str]:
    """The steering comments of a text."""
    return {found["key"]: found["value"] for found in _COMMENT.finditer(text)}


def commands(page: Path) -> list[Command]:
    """Every command of a page that is to be run, in order."""
    text, found = page.read_text(encoding="utf-8"), []
    for block in _BLOCK.finditer(text):
        said = comments(block["before"])
        if "not run" in said:
            continue
        line = text[: block.start("body")].count("\n") + 1
        compared = "output varies" not in said
        if block["language"] == "console":
            found += list(_typed(block["body"], line, compared))
        elif block["language"] == "python":
            found.append(Command(f"python - <<'PYTHON'\n{block['body']}PYTHON", "", line, compared))
    return found


def _typed(body: str, first: int, compared: bool) -> Iterator[Command]:
    typed: list[str] = []
    shown: list[str] = []
    start = first
    for number, line in enumerate(body.splitlines(), first):
        if line.startswith("$ "):
            if typed:
                yield Command("\n".join(typed), "\n".join(shown), start, compared)
            typed, shown, start = [line[2:]], [], number
        elif typed and not shown and line.startswith("> "):
            typed.append(line[2:])
        elif typed and not shown and typed[-1].endswith("\\"):
            typed.append(line)
        else:
            shown.append(line)
    if typed:
        yield Command("\n".join(typed), "\n".join(shown), start, compared)


def agrees(shown: str, printed: str) -> bool:
    """Whether the output came as shown; `...` stands for anything, and nothing shown claims nothing.

    >>> agrees("took ... s", "took 3.1 s"), agrees("took 3 s", "took 4 s")
    (True, False)
    """
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("..."))
    return not shown.strip() or re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


class Shell:
    """One bash for the commands of one page."""

    def __init__(self, folder: Path, given: Mapping[str, str]) -> None:
        self._folder = folder
        self._given = given
        self._port = free_port()
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=self._environment(),
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        tools = Path(sys.executable).parent
        return {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self._folder),
            "LANG": "C.UTF-8",
            "SOCIALFLOW_HOME": str(self._folder / "var"),
            "SOCIALFLOW_PORT": str(self._port),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONWARNINGS": "error",
            "PYTHONPATH": str(ROOT),
        }

    def run(self, command: Command) -> Ran:
        """Run one command in the shell and wait for it; a server started with `&` writes to `server.log`."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        text = self._as_here(command.text)
        if text.endswith(" &"):
            text = f"{text[:-2]} > server.log 2>&1 &"
        self._bash.stdin.write(f'{{ {text}\n}} < /dev/null\necho "\n#ended $?"\n')
        self._bash.stdin.flush()
        printed = []
        for line in self._bash.stdout:
            if line.startswith("#ended "):
                return Ran(command, "".join(printed)[:-1], int(line.split()[1]))
            printed.append(line.replace(f"127.0.0.1:{self._port}", SHOWN_ADDRESS))
        raise PageFailed(f"the shell ended in: {command.text}\n{''.join(printed)}")

    def _as_here(self, text: str) -> str:
        assignment = _ASSIGNMENT.fullmatch(text)
        if assignment and assignment["name"] in self._given:
            return f"export {assignment['name']}={shlex.quote(self._given[assignment['name']])}"
        return text.replace(SHOWN_ADDRESS, f"127.0.0.1:{self._port}")

    def close(self) -> None:
        """End what the page left running, and the shell."""
        self.run(Command("kill $(jobs -p) 2> /dev/null; wait", "", 0))

    def kill(self) -> None:
        """End what is still there at once."""
        os.killpg(self._bash.pid, signal.SIGKILL)  # the shell itself, if nothing else
        with self._bash:
            pass


@contextmanager
def shell(folder: Path, given: Mapping[str, str]) -> Iterator[Shell]:
    """A shell that is gone at the end, with what it started."""
    bash = Shell(folder, given)
    try:
        yield bash
        bash.close()
    finally:
        bash.kill()


def run_page(page: Path, folder: Path, given: Mapping[str, str]) -> list[Ran]:
    """Run a page in `folder`.

    Raises:
        PageFailed: naming page, line, command and what was printed.
    """
    done = []
    with shell(folder, given) as bash:
        for command in commands(page):
            ran = bash.run(command)
            done.append(ran)
            where = f"{page.relative_to(ROOT)}:{command.line}: $ {command.text}"
            if ran.status != 0 or "Warning: " in ran.printed:
                raise PageFailed(f"{where}\nended with {ran.status}:\n{ran.printed}{_log(folder)}")
            if command.compared and not agrees(command.shown, ran.printed):
                raise PageFailed(f"{where}\nshows:\n{command.shown}\nprinted:\n{ran.printed}")
    return done


def shown_anew(page: Path, ran: Sequence[Ran]) -> str:
    """The page's text with the outputs that vary replaced by what was printed now."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for one in reversed(ran):
        if not one.command.compared and one.command.shown:
            start = one.command.line + one.command.text.count("\n")
            lines[start : start + len(one.command.shown.splitlines())] = one.printed.strip().splitlines()
    return "\n".join(lines) + "\n"


def _log(folder: Path) -> str:
    log = folder / "server.log"
    return f"\nserver.log:\n{log.read_text()[-2000:]}" if log.exists() else ""


def goes_on_from(page: Path) -> Path | None:
    """The page whose folder this page begins with."""
    other = comments(page.read_text(encoding="utf-8").split("\n```", 1)[0]).get("goes on from")
    return None if other is None else (page.parent / other).resolve()


def copy_folder(source: Path, target: Path) -> None:
    """A copy of what a page left; its log stays."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("server.log"))


def main() -> None:
    """Run one page and write its varying outputs anew."""
    page = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        ran = run_page(page, Path(folder), {"MOVIELENS": os.environ["MOVIELENS"]})
    page.write_text(shown_anew(page, ran), encoding="utf-8")


if __name__ == "__main__":
    main()

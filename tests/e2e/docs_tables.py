"""Tables of the reference, made from the code they describe.

`python -m tests.e2e.docs_tables` writes each between its markers, `<!-- NAME: begin -->` and `<!-- NAME: end -->`.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import typer.main
from benchmarks import tables as figures
from fastapi.routing import APIRoute
from prometheus_client.metrics import MetricWrapperBase
from tests.e2e.docs_pages import ROOT

from socialflow import errors
from socialflow.access.matrix import MATRIX
from socialflow.catalogue.upstream.cards import Cards
from socialflow.content.records import VALUE_RANGES, InteractionType
from socialflow.doors.cli.app import app
from socialflow.doors.rest.app import ROUTERS
from socialflow.doors.rest.errors import status_of
from socialflow.doors.rest.routes.collection import CollectionRoute
from socialflow.intake.columns import FIELDS, REQUIRED
from socialflow.intake.external.endpoints import RESOURCES
from socialflow.intake.external.fields import ACTS, POST, USER
from socialflow.jobs.work import KINDS
from socialflow.kit.roles import Role
from socialflow.moderation.signal_names import SIGNALS
from socialflow.observability.metrics import Metrics
from socialflow.pipelines.analyse_job import AnalyseConfig
from socialflow.pipelines.bandit_job import BanditConfig
from socialflow.pipelines.collect import CollectConfig
from socialflow.pipelines.embeddings import EmbeddingsConfig
from socialflow.pipelines.handlers import build_handlers
from socialflow.pipelines.inference import InferenceConfig
from socialflow.pipelines.job_config import JobConfig
from socialflow.pipelines.precompute import PrecomputeConfig, UsersConfig
from socialflow.pipelines.pull_job import PullConfig
from socialflow.pipelines.recheck_job import RecheckConfig
from socialflow.pipelines.replay_job import ReplayConfig
from socialflow.pipelines.schedule import BUILT_IN, COLLECTION
from socialflow.pipelines.topics_job import TopicsConfig
from socialflow.pipelines.train_job import TrainConfig
from socialflow.pipelines.trending_jobs import TrendingConfig, TrendingUpdateConfig
from socialflow.pipelines.warm import WarmConfig
from socialflow.recommendation import feeds
from socialflow.recommendation.pipeline import Feed, Weighted
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS
from socialflow.settings import Settings, setting_name
from socialflow.training.protocols import PROTOCOLS

SOURCE = ROOT / "src" / "socialflow"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def settings() -> str:
    """Every setting; in a column of its own whether this version does anything with it."""
    used = used_settings()
    rows = []
    for field, info in Settings.model_fields.items():
        default = info.get_default()
        shown = "" if default in (None, (), "") else str(default).lower() if isinstance(default, bool) else default
        rows.append([f"`{setting_name(field)}`", f"`{shown}`" if shown != "" else "", info.description, used[field]])
    return table(("Setting", "Default", "Meaning", "In use"), rows)


def used_settings() -> Mapping[str, str]:
    """Field -> `yes`, or `later` where no code but the settings themselves names it."""
    own = (SOURCE / "settings.py").read_text(encoding="utf-8").split("def home", 1)[1]
    code = own + "".join(
        path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "settings.py"
    )
    named = set(re.findall(r"(?:settings|chosen|self)\.([a-z0-9_]+)\b", code))
    return {field: "yes" if field in named else "later" for field in Settings.model_fields}


def error_codes() -> str:
    """Every code of the tree, with what HTTP answers."""
    rows = []
    for kind in _tree(errors.SocialflowError):
        status = status_of(_bare(kind))
        shown = "" if kind is errors.ConfigurationError else status
        rows.append([f"`{kind.code}`", shown, (kind.__doc__ or "").splitlines()[0]])
    return table(("Code", "HTTP", "Meaning"), rows)


def _tree(kind: type[errors.SocialflowError]) -> Iterator[type[errors.SocialflowError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def _bare(kind: type[errors.SocialflowError]) -> errors.SocialflowError:
    return kind.__new__(kind)


def matrix() -> str:
    """Who may do what."""
    rows = [
        [f"`{action}`", *(rule.reach(role).value for role in Role), f"`{rule.service}`"]
        for action, rule in MATRIX.items()
    ]
    return table(("Action", *Role, "A key needs"), rows)


def fields() -> str:
    """Fields of each kind of file."""
    rows = []
    for kind, known in FIELDS.items():
        required = REQUIRED[kind]
        names = [f"**`{name}`**" if name in required else f"`{name}`" for name in known]
        rows.append([kind.value, ", ".join(names)])
    return table(("Kind", "Fields (bold ones are required)"), rows)


def collected_paths() -> str:
    """Where each endpoint of an outside API is."""
    rows = [[f"`{name}`", f"`{one.path}`", f"`{one.list_name}`"] for name, one in RESOURCES.items()]
    return table(("Collects", "Path", "List of rows"), rows)


def collected_names() -> str:
    """How fields of an outside API may be spelt."""
    tables = {"people": USER, "posts": POST, **{f"{act}s": fields for act, fields in ACTS.items()}}
    rows = []
    for kind, fields in tables.items():
        for one in fields:
            name = f"**{one.name}**" if one.expected else one.name
            rows.append([kind, name, ", ".join(f"`{place}`" for place in one.places)])
    return table(("Rows", "Field", "Names, best first"), rows)


def protocols() -> str:
    """Rows: protocol and rule."""
    needs = {
        "lightgcn": "folder with `train.txt`, `test.txt`, or one of a social set",
        "ncf99": "folder with `*.train.rating`, `*.test.rating`, `*.test.negative`",
        "time-split": "interactions with times",
        "leave-one-out": "interactions in an order",
        "strong": "interactions, better with ratings",
    }
    return table(("Protocol", "Data", "Rule"), [[f"`{name}`", needs[name], it.rule] for name, it in PROTOCOLS.items()])


def commands() -> str:
    """Every command with its arguments, options and example."""
    parts: list[str] = []
    tables: dict[str, str] = {}
    for path, command in every_command():
        parts.append(f"## {path}\n\n{command.help.strip()}")
        rows = [[_names(one), _default(one), one.help or ""] for one in command.params if one.name != "help"]
        if rows:
            first = tables.setdefault(shown := table(("", "Default", "Meaning"), rows), path)
            parts.append(shown if first == path or len(rows) < 5 else f"Options as for `{first}`.")
        parts.append(f"`{command.epilog.removeprefix('Example: ')}`")
    return "\n\n".join(parts)


def every_command() -> list[tuple[str, Any]]:
    """`socialflow import items` and the like, with the command behind it; groups are left out."""
    found, waiting = [], [("socialflow", typer.main.get_command(app))]
    while waiting:
        path, command = waiting.pop(0)
        below = getattr(command, "commands", None)
        if below is None:
            found.append((path, command))
        else:
            waiting[:0] = [(f"{path} {name}", one) for name, one in below.items()]
    return found


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.name.upper()
        return f"`{name}`" if parameter.required else f"`[{name}]`"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    choices = getattr(parameter.type_descriptor, "choices", None)
    return f"{names} {', '.join(map(str, choices))}" if choices else names


def _default(parameter: Any) -> str:
    value = parameter.default
    if value is None or value is False or value == [] or callable(value) or "Sentinel" in type(value).__name__:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def routes() -> str:
    """Every operation of the OpenAPI document, by area, with what its callers must be allowed."""

    areas: dict[str, list[list[object]]] = {}
    for route in every_route():
        for method in sorted(route.methods):
            needs = ", ".join(f"`{MATRIX_NAMES[name]}`" for name in actions_of(route.endpoint))
            if isinstance(route, CollectionRoute):
                needs = "none; the `Flic-Token`"
            line = [f"`{method} {route.path_format}`", route.summary, needs]
            areas.setdefault(str(route.tags[0]), []).append(line)
    return "\n\n".join(f"## {area}\n\n{table(('Call', 'What', 'Action'), rows)}" for area, rows in areas.items())


_ROUTES = "socialflow.doors.rest.routes."
MATRIX_NAMES = {action.name: action.value for action in MATRIX}


def every_route() -> Iterator[APIRoute]:
    """The routes of the document, in the order of the routers."""
    yield from (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))


def actions_of(function: Callable[..., Any]) -> list[str]:
    """Names of the actions that a route asks the matrix for, itself or through functions of the routes' modules."""
    found, waiting, met = dict[str, None](), [function], set[Callable[..., Any]]()
    while waiting:
        one = waiting.pop(0)
        source = inspect.getsource(one)
        found.update(dict.fromkeys(re.findall(r"Action\.([A-Z_]+)", source)))
        for name in dict.fromkeys(re.findall(r"\b(\w+)\(", source)):
            other = getattr(sys.modules[one.__module__], name, None)
            if inspect.isfunction(other) and other.__module__.startswith(_ROUTES) and other not in met:
                met.add(other)
                waiting.append(other)
    return list(found)


def compositions() -> str:
    """What each feed is made of."""
    rows = [_composition(name, feed) for name, feed in {**feeds.FEEDS, "similar": feeds.SIMILAR}.items()]
    return table(("Feed", "Sources", "Score", "Re-ranking", "Needs one of"), rows)


def _composition(name: str, feed: Feed) -> list[str]:
    sources = [source.name for source in feed.sources] + ([feed.reserve.name] if feed.reserve else [])
    score = _sum(feed.scorers) if feed.value is None else feed.value.name
    score += f"; adjusted by {_sum(feed.adjustments)}" if feed.adjustments else ""
    selectors = [selector.name for selector in feed.selectors]
    return [f"`{name}`", ", ".join(sources), score, ", ".join(selectors), ", ".join(feed.requires)]


def _sum(scorers: Sequence[Weighted]) -> str:
    return " + ".join(f"{one.weight:g} {one.scorer.name}" for one in scorers).replace("+ -", "- ")


def filters() -> str:
    """The filters of feeds, in order."""
    rows = [[f"`{one.name}`", (type(one).__doc__ or "").splitlines()[0]] for one in feeds.FILTERS]
    return table(("Filter", "Takes out"), rows)


def cold_start() -> str:
    """What leads for new users."""
    rows = [
        [f"{one.weight:g}", f"`{one.scorer.name}`", (type(one.scorer).__doc__ or "").splitlines()[0]]
        for one in feeds.COLD
    ]
    return table(("Share", "Signal", "Meaning"), rows)


def selectors() -> str:
    """What rearranges feeds, with its settings."""
    rows = []
    for one in {one.name: one for one in (*feeds.SELECTORS, *feeds.VARIED)}.values():
        said = inspect.cleandoc(type(one).__doc__ or "").split("\n\n")[0].replace("\n", " ")
        with_ = ", ".join(f"{name.strip('_')} {value}" for name, value in vars(one).items())
        rows.append([f"`{one.name}`", said.partition(": ")[0], with_])
    return table(("Selector", "What it does", "With"), rows)


JOB_CONFIGS: Mapping[str, type[JobConfig]] = {
    "`update_recommendations`, `batch_recommendations`": UsersConfig,
    "`recommendation_precompute`": PrecomputeConfig,
    "`calculate_trending`": TrendingConfig,
    "`trending_update`": TrendingUpdateConfig,
    "`cache_warm`": WarmConfig,
    "`generate_embeddings`": EmbeddingsConfig,
    "`batch_inference`": InferenceConfig,
    "`train_model`": TrainConfig,
    "`collect_data`": CollectConfig,
    "`bandit_update`": BanditConfig,
    "`analyze_content`": AnalyseConfig,
    "`train_topics`": TopicsConfig,
    "`pull_model`": PullConfig,
    "`replay_policy`": ReplayConfig,
    "`recheck_matches`": RecheckConfig,
}


def job_kinds() -> str:
    """Every pipeline type, how it is run, and whether this version does it."""
    done = set(re.findall(r"PipelineType\.([A-Z_]+):", inspect.getsource(build_handlers)))
    rows = [
        [f"`{kind}`", f"`{it.task}`", f"{it.time_limit:g}", it.at_once, "yes" if kind.name in done else "later"]
        for kind, it in KINDS.items()
    ]
    return table(("Type", "Task", "Time limit (s)", "At once", "In use"), rows)


def job_configs() -> str:
    """What the config of each type may say."""
    rows = []
    for kinds, config in JOB_CONFIGS.items():
        schema = config.model_json_schema()
        for number, (name, told) in enumerate(schema["properties"].items()):
            title = f"**`{name}`**" if name in schema.get("required", []) else f"`{name}`"
            default = told.get("default")
            shown = (
                "" if default in (None, {}) else f"`{str(default).lower() if default in (True, False) else default}`"
            )
            rows.append(["" if number else kinds, title, shown, _range(told), told.get("description", "")])
    return table(("Type", "Key", "Default", "Range", "Meaning"), rows)


def _range(told: Mapping[str, Any]) -> str:
    """Bounds of a field of a JSON schema, in words."""
    for one in (told, *told.get("anyOf", ())):
        if "maximum" in one:
            low = f"above {one['exclusiveMinimum']:g}," if "exclusiveMinimum" in one else f"{one['minimum']:g}"
            return f"{low} to {one['maximum']:.0f}"
        if "maxItems" in one:
            return f"at most {one['maxItems']}"
    return ""


def schedules() -> str:
    """The schedules that are there from the beginning."""
    rows = [
        [f"`{one.id}`", f"`{one.pipeline_type}`", f"{(one.trigger.interval_seconds or 0) // 60} min", one.name]
        for one in (*BUILT_IN, COLLECTION)
    ]
    return table(("Id", "Type", "Every", "What"), rows)


def metrics() -> str:
    """Every figure of our own that `/metrics` shows."""
    ours = Metrics()
    groups = (ours, ours.work, ours.moderation, ours.live, ours.models)
    shown = [one for group in groups for one in vars(group).values() if isinstance(one, MetricWrapperBase)]
    rows = []
    for one in shown:
        (family,) = one.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append([f"`{name}`", family.type, ", ".join(one._labelnames), family.documentation])
    return table(("Name", "Type", "Labels", "Meaning"), rows)


def models() -> str:
    """Every model of the catalogue."""
    rows = []
    for name in (cards := Cards()).names():
        card = cards.card(name)
        size = "" if card.size is None else f"{card.size / 1e6:.1f}"
        digests = "to be given" if card.unverified else "known"
        source = f"[{card.licence}]({card.source})"
        rows.append([f"`{name}`", card.summary, source, card.runtime, size, digests, "yes" if card.checked else "no"])
    return table(("Model", "What", "Licence", "Runs in", "MB", "Digests", "Run here"), rows)


def weights() -> str:
    """Types of interactions: range of the value, default weight."""
    rows = []
    for kind in InteractionType:
        low, high = VALUE_RANGES.get(kind, (-1.0, 1.0))
        rows.append([f"`{kind}`", f"{low:g} to {high:g}", f"{DEFAULT_WEIGHTS[kind]:g}"])
    return table(("Type", "Value", "Weight"), rows)


def signals() -> str:
    """Every signal that a policy may ask for."""
    rows = ((f"`{name}`", one.measure.value, "yes" if one.harm else "", one.meaning) for name, one in SIGNALS.items())
    return table(["Signal", "Measure", "Harm", "Meaning"], rows)


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "how-to/access.md": {"matrix": matrix},
    "how-to/import-your-data.md": {"fields": fields},
    "how-to/collect-from-your-api.md": {"paths": collected_paths, "names": collected_names},
    "how-to/evaluate-on-your-data.md": {"protocols": protocols},
    "discussions/what-moderation-looks-at.md": {"signals": signals},
    "how-to/schedule-work.md": {"schedules": schedules},
    "reference/settings.md": {"settings": settings},
    "reference/errors.md": {"errors": error_codes},
    "reference/jobs.md": {"kinds": job_kinds, "configs": job_configs},
    "reference/metrics.md": {"metrics": metrics},
    "reference/models.md": {"models": models},
    "reference/cli.md": {"commands": commands},
    "reference/rest.md": {"routes": routes},
    "reference/feeds.md": {
        "compositions": compositions,
        "filters": filters,
        "cold start": cold_start,
        "selectors": selectors,
    },
    "reference/value-model.md": {"weights": weights},
    "reference/figures.md": figures.TABLES,
}
"""Page below `docs/` -> its tables, by the name in their markers."""


def filled(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """The text with the tables between their markers. Raises ValueError where a marker is missing."""
    for name, make in tables.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{make()}\n{end}{rest.split(end)[1]}"
    return text


def main() -> None:
    """Fill every page."""
    for name, tables in PAGES.items():
        page = ROOT / "docs" / name
        page.write_text(filled(page.read_text(encoding="utf-8"), tables), encoding="utf-8")


if __name__ == "__main__":
    main()

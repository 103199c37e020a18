"""`socialflow analyze text`: what the text model says of a text, beside the server or without one."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialflow.doors.cli import console
from socialflow.doors.cli.options import Json

if TYPE_CHECKING:
    from socialflow.text.records import Analysis, Language, Record

analyze_app = typer.Typer(help="What is in a piece of content.")


@analyze_app.callback()
def analyze() -> None:
    """What is in a piece of content."""


@analyze_app.command("text", epilog='Example: socialflow analyze text "What a goal!" --ask sentiment,emotion')
def analyze_text(
    text: Annotated[str, typer.Argument(help="The text.")],
    ask: Annotated[str, typer.Option(help="Questions, comma-separated; default all that need no target.")] = "",
    json: Json = False,
) -> None:
    """Answer questions about a text: sentiment, emotion, toxicity, entities and whatever else the model has."""
    from socialflow.text.language import identifier
    from socialflow.text.multilingual import multilingual

    analyser = multilingual()
    questions = [name.strip() for name in ask.split(",") if name.strip()] or _plain(analyser.questions)
    (analysis,) = analyser.analyse([text], questions)
    (language,) = identifier().identify([text])
    if json:
        console.write_json(_document(analysis, language))
    else:
        _show(analysis, language)


def _plain(questions: tuple[str, ...]) -> list[str]:
    """Of all questions those whose answer a person reads: not about given targets, not a vector."""
    return [name for name in questions if name not in ("aspect", "sentence")]


def _document(analysis: "Analysis", language: "Language") -> dict[str, Any]:
    document = {**asdict(analysis), "language": asdict(language)}
    for answer in document["answers"].values():
        if "values" in answer["record"]:
            answer["record"]["values"] = answer["record"]["values"].tolist()
    return document


def _show(analysis: "Analysis", language: "Language") -> None:
    rows = [("language", language.name, f"{language.confidence:.2f}")]
    rows += [(name, *_line(answer.record)) for name, answer in analysis.answers.items()]
    console.table(("question", "answer", "score"), rows)
    if analysis.missing:
        console.note(f"{analysis.status}; missing: {', '.join(analysis.missing)}")


def _line(record: "Record") -> tuple[str, str]:
    """A record in few words, and the figure that goes with them."""
    from socialflow.text import records

    match record:
        case records.Choice(label, figure) | records.Sentiment(label, figure):
            return label, f"{figure:.2f}"
        case records.Detection(found, figure):
            return "yes" if found else "no", f"{figure:.2f}"
        case records.Emotions(_, present, _, figure):
            return ", ".join(present) or "none", f"{figure:.2f}"
        case records.Labels(scores, found):
            return ", ".join(found) or "none", f"{max(scores.values()):.2f}"
        case records.Spans(spans):
            return ", ".join(f"{span.label} {span.start}-{span.end}" for span in spans) or "none", ""
        case _:
            return type(record).__name__, ""

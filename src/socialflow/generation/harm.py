"""Whether the text model finds harm in a text."""

from socialflow.text.records import Analysis, Choice, Detection, Labels

QUESTIONS = ("toxicity", "hate", "hate_speech", "offensive")
"""What is asked to find out."""


def harms(analysis: Analysis) -> tuple[str, ...]:
    """What is found, by names of labels and heads; where a question has no answer, `unchecked:QUESTION`.

    Nothing written here goes out beside harm, so that what could not be checked counts like harm.
    """
    toxic, hate = analysis.record("toxicity", Labels), analysis.record("hate", Detection)
    speech, offensive = analysis.record("hate_speech", Choice), analysis.record("offensive", Detection)
    return (
        *(f"unchecked:{question}" for question in QUESTIONS if question not in analysis.answers),
        *(toxic.found if toxic else ()),
        *(("hate",) if hate and hate.found else ()),
        *(("hatespeech",) if speech and speech.label == "hatespeech" else ()),
        *(("offensive",) if offensive and offensive.found else ()),
    )

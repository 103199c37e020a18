"""Bodies of judging content."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body, Names, ProvenanceOut
from socialflow.doors.rest.schemas.media import Commands, MediaUrl
from socialflow.ids import ExternalId
from socialflow.kit.answers import Tier
from socialflow.moderation.gather.records import MOST_PICTURES, Content
from socialflow.moderation.records import ContentKind

MAX_TEXT, MAX_TEXTS, MAX_ALL = 100_000, 1_000, 1_000_000
MAX_QUERY = 2_000
"""Characters of one text, texts of one call, characters of all of them, and those that a URL may carry."""

_PHOTO = "https://media.example.org/photo.jpg"
_TEXT = "What a lovely loaf of rye bread!"
Words: TypeAlias = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=NO_NUL)]
ShortWords: TypeAlias = Annotated[str, StringConstraints(max_length=MAX_QUERY, pattern=NO_NUL)]
Kind: TypeAlias = Annotated[
    ContentKind, Field(description="What it is, which a policy may ask for.", examples=["post"])
]
Community: TypeAlias = Annotated[
    ExternalId | None, Field(description="Where it is to stand, which a policy may ask for.", examples=[None])
]
AuthorId: TypeAlias = Annotated[
    ExternalId | None,
    Field(description="Whose it is: a user id, of whom the platform may know something.", examples=[None]),
]
Language: TypeAlias = Annotated[
    str | None,
    StringConstraints(pattern=r"^[a-z]{2}$"),
    Field(description="ISO 639-1: what it is said to be in, where the words do not tell.", examples=["en"]),
]
Pictures: TypeAlias = Annotated[
    tuple[MediaUrl, ...],
    Field(
        max_length=MOST_PICTURES,
        description="By URL: http or https, on the public internet.",
        examples=[[_PHOTO]],
    ),
]
Film: TypeAlias = Annotated[
    MediaUrl | None,
    Field(
        description="By URL: http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]
    ),
]


class ContextIn(Body):
    """What stands beside the content and is judged with it."""

    title: Annotated[Words, Field(description="Its title.", examples=["My first loaf"])] = ""
    description: Annotated[Words, Field(description="What describes it.", examples=["Two days of work."])] = ""
    tags: Annotated[Names, Field(description="Its tags.", examples=[["bread"]])] = ()
    language: Language = None


class ContentIn(Body):
    """A piece of content."""

    content: Annotated[Words, Field(description="Its words.", examples=[_TEXT])] = ""
    images: Annotated[Pictures | None, Field(description="Its pictures.", examples=[[_PHOTO]])] = None
    video_url: Film = None
    context: Annotated[ContextIn | None, Field(description="What stands beside it.")] = None
    content_type: Kind = ContentKind.POST
    community: Community = None
    author: AuthorId = None

    def judged(self) -> Content:
        """As it is judged."""
        beside = self.context or ContextIn()
        return Content(
            kind=self.content_type,
            title=beside.title,
            description=beside.description,
            text=self.content,
            tags=beside.tags,
            pictures=self.images or (),
            video=self.video_url,
            author=self.author,
            language=beside.language,
            community=self.community,
        )


class WordsIn(Body):
    """Words alone."""

    text: Annotated[Words, Field(min_length=1, description="At most 100,000 characters.", examples=[_TEXT])]
    community: Community = None
    author: AuthorId = None


class ClipIn(Body):
    """A video by URL."""

    video_url: Annotated[
        MediaUrl,
        Field(description="http or https, on the public internet.", examples=["https://media.example.org/clip.mp4"]),
    ]


def _not_too_much(texts: Sequence[str]) -> Sequence[str]:
    if sum(map(len, texts)) > MAX_ALL:
        raise ValueError(f"must not hold more than {MAX_ALL:,} characters in all")
    return texts


class TextsIn(Body):
    """Texts, each on its own."""

    texts: Annotated[
        tuple[Annotated[Words, Field(min_length=1)], ...],
        Field(
            min_length=1, max_length=MAX_TEXTS, description="1,000,000 characters in all at most.", examples=[[_TEXT]]
        ),
        AfterValidator(_not_too_much),
    ]
    content_type: Kind = ContentKind.TEXT
    community: Community = None


class DataIn(Body):
    """Content, as its platform has it."""

    text: Annotated[Words, Field(description="Its words.", examples=[_TEXT])] = ""
    title: Annotated[Words, Field(description="Its title.", examples=["My first loaf"])] = ""
    description: Annotated[Words, Field(description="What describes it.", examples=["Two days of work."])] = ""
    tags: Annotated[Names, Field(description="Its tags.", examples=[["bread"]])] = ()
    image_url: Annotated[MediaUrl | None, Field(description="A picture by URL.", examples=[_PHOTO])] = None
    images: Annotated[Pictures | None, Field(description="More pictures.", examples=[[_PHOTO]])] = None
    video_url: Film = None
    language: Language = None
    community: Community = None
    author: AuthorId = None


class ModerationIn(Body):
    """Content that is given, or a stored item that is judged again."""

    content_id: Annotated[
        ExternalId | None, Field(description="Id of the content; without data, of a stored item.", examples=["1234"])
    ] = None
    content_type: Annotated[
        ContentKind | None,
        Field(description="What it is; of a stored item, what it must be.", examples=["video"]),
    ] = None
    content_data: Annotated[DataIn | None, Field(description="Without it, the stored item is judged.")] = None


Score: TypeAlias = Annotated[float | None, Field(description="0 to 1; null: not known.", examples=[0.03])]


class PlaceOut(BaseModel):
    """Where something was found."""

    start: Annotated[
        float,
        Field(description="Offset of a character, second, or number of a picture, from 0.", examples=[6]),
    ]
    end: Annotated[float, Field(description="Where it ends.", examples=[12])]
    score: Annotated[float, Field(description="How sure, 0 to 1.", examples=[0.93])]


class TextModerationOut(Answered):
    """The words."""

    toxic: Score
    severe_toxic: Score
    obscene: Score
    threat: Score
    insult: Score
    identity_hate: Score
    overall_toxic: Annotated[float | None, Field(description="The greatest of them.", examples=[0.03])]
    spans: Annotated[
        list[PlaceOut],
        Field(description="What offends, as offsets in title, description, content and tags, a line each."),
    ]


class ImageModerationOut(Answered):
    """One picture."""

    safe: Score
    questionable: Score
    unsafe: Score
    is_safe: Annotated[bool, Field(description="False where it could not be judged.", examples=[True])]
    text_toxicity: Annotated[float | None, Field(description="Of the words in it; 0: none.", examples=[0.0])]
    weapons: Annotated[float | None, Field(description="A weak sign, which decides nothing.", examples=[0.0])]
    recommended_action: Annotated[str, Field(description="approve, flag_for_review or reject.", examples=["approve"])]


class VideoModerationOut(Answered):
    """A video."""

    nsfw: Score
    suggestive: Score
    violence: Score
    blood: Score
    weapons: Score
    text_toxicity: Annotated[float | None, Field(description="Of words on screen.", examples=[0.0])]
    speech_toxicity: Annotated[float | None, Field(description="Of what is said.", examples=[0.0])]
    spans: Annotated[
        dict[str, list[PlaceOut]],
        Field(description="Seconds, by what was found.", examples=[{"nsfw": [{"start": 1, "end": 2, "score": 0.9}]}]),
    ]


class RuleOut(BaseModel):
    """A rule that applied."""

    rule: Annotated[str, Field(description="Its name in the policy.", examples=["toxic"])]
    reason: Annotated[str, Field(description="Code of its reason.", examples=["toxicity"])]
    text: Annotated[str, Field(description="What the author reads.", examples=["It is rude or disrespectful."])]
    acts: Annotated[list[str], Field(description="What it brings about.", examples=[["flag"]])]
    because: Annotated[list[str], Field(description="What held.", examples=[["text.toxicity 0.83 >= 0.7"]])]
    missing: Annotated[list[str], Field(description="Signals for want of which it applied.", examples=[[]])]
    labels: Annotated[list[str], Field(description="Labels it puts on the content.", examples=[[]])]
    capped: Annotated[
        bool, Field(description="It would have done worse, but for resting on a heuristic.", examples=[False])
    ]


class SignalOut(BaseModel):
    """One thing that was measured."""

    value: Annotated[float | list[str], Field(description="A score, a count, or words.", examples=[0.83])]
    model: Annotated[str, Field(description="What measured it.", examples=["english"])]
    version: Annotated[str, Field(description="Its version.", examples=["7"])]
    tier: Annotated[Tier, Field(description="A heuristic never rejects.", examples=["bundled"])]
    coverage: Annotated[float, Field(description="Share of the content that was looked at.", examples=[1.0])]
    places: Annotated[list[PlaceOut], Field(description="Where, the first hundred.")]


class PolicyOut(BaseModel):
    """The policy that content was judged by."""

    scope: Annotated[str, Field(description="default, or community:NAME.", examples=["default"])]
    version: Annotated[int, Field(description="Its number.", examples=[1])]
    digest: Annotated[str, Field(description="SHA-256 of all of it.", examples=["9f86d081884c7d65"])]


Signals: TypeAlias = Annotated[
    dict[str, SignalOut],
    Field(
        description="What was measured, by name.",
        examples=[
            {
                "text.toxicity": {
                    "value": 0.02,
                    "model": "english",
                    "version": "7",
                    "tier": "bundled",
                    "coverage": 1.0,
                    "places": [],
                }
            }
        ],
    ),
]
Because: TypeAlias = Annotated[
    dict[str, str],
    Field(description="Why each is missing.", examples=[{"image.nsfw": "model:nsfw-mobilenet-v2"}]),
]
Decided: TypeAlias = Annotated[
    str, Field(description="approved, flagged, review_required or rejected.", examples=["approved"])
]
Flags: TypeAlias = Annotated[list[str], Field(description="Codes of the reasons.", examples=[[]])]
Risk: TypeAlias = Annotated[
    float | None, Field(description="The policy's weighted mean of harm; null: not known.", examples=[0.02])
]
Sure: TypeAlias = Annotated[float | None, Field(description="Of the decision, 0 to 1.", examples=[0.97])]
Rules: TypeAlias = Annotated[list[RuleOut], Field(description="Those that applied.")]


class ModeratedOut(Answered):
    """What a piece of content was judged to be; nothing of it is stored. Each of its media is told apart."""

    is_safe: Annotated[bool, Field(description="Whether it was approved.", examples=[True])]
    decision: Decided
    action: Annotated[str, Field(description="approve, flag_for_review or reject.", examples=["approve"])]
    flags: Flags
    confidence: Sure
    risk_score: Risk
    labels: Annotated[list[str], Field(description="Labels that rules put on it.", examples=[[]])]
    rules: Rules
    text_moderation: Annotated[TextModerationOut | None, Field(description="Null where there are no words.")]
    image_moderation: Annotated[list[ImageModerationOut], Field(description="One entry a picture, in their order.")]
    video_moderation: Annotated[VideoModerationOut | None, Field(description="Null where there is none.")]
    signals: Signals
    missing: Annotated[list[str], Field(description="Signals that could not be had.", examples=[["image.nsfw"]])]
    missing_because: Because
    commands: Commands
    provenance: Annotated[list[ProvenanceOut], Field(description="What measured it.")]
    policy: Annotated[PolicyOut, Field(description="What it was judged by.")]


class BatchOut(BaseModel):
    """One answer a text, in their order."""

    results: Annotated[list[ModeratedOut], Field(description="One entry a text.")]
    counts: Annotated[dict[str, int], Field(description="How many of each decision.", examples=[{"approved": 1}])]


class ItemModeratedOut(ModeratedOut):
    """As content that is given; `decision_id` names what was stored."""

    content_id: Annotated[str | None, Field(description="As it was given.", examples=["1234"])]
    decision_id: Annotated[
        str | None,
        Field(description="Of what was decided about the stored item; null: nothing.", examples=[None]),
    ]

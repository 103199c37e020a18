"""Bodies of replies to messages and suggestions for drafts."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from socialflow.doors.rest.schemas.common import NO_NUL, Answered, Body
from socialflow.generation.bank import Tone
from socialflow.generation.records import Reason
from socialflow.generation.service import LONGEST, MOST, MOST_CONTEXT

Message = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=NO_NUL)]


class RepliesIn(Body):
    """A message to be answered."""

    message: Annotated[Message, Field(description="What is to be answered.", examples=["I passed my driving test!"])]
    context: Annotated[
        tuple[Message, ...],
        Field(
            max_length=MOST_CONTEXT,
            description="What was said before, oldest first; the last four count.",
            examples=[["How did it go?"]],
        ),
    ] = ()
    tone: Annotated[Tone | None, Field(description="null takes what suits the situation.", examples=["friendly"])] = (
        None
    )
    limit: Annotated[int, Field(ge=1, le=MOST, description="Replies at most.", examples=[3])] = 3


class ReplyOut(BaseModel):
    """One reply."""

    text: Annotated[str, Field(description="What could be answered.", examples=["Congratulations!"])]
    tone: Annotated[Tone, Field(description="How it is said.", examples=["friendly"])]
    act: Annotated[str, Field(description="What it does; no two replies do the same.", examples=["congratulations"])]
    situation: Annotated[str, Field(description="What it answers.", examples=["good_news"])]
    score: Annotated[
        float, Field(description="How well the situation fits: a cosine, up to 0.15 more.", examples=[0.81])
    ]


class _Suggesting(Answered):
    reason: Annotated[
        Reason | None, Field(description="Why there is nothing; null where there is something.", examples=[None])
    ]


class RepliesOut(_Suggesting):
    """Replies to a message."""

    replies: Annotated[list[ReplyOut], Field(description="Best first.")]
    intent: Annotated[str | None, Field(description="What the message wants.", examples=["statement"])]
    emotion: Annotated[str | None, Field(description="Its dominant emotion.", examples=["joy"])]


class SuggestionsIn(Body):
    """A draft to be gone on with."""

    draft: Annotated[Message, Field(description="What was written so far.", examples=["Thank you so"])]
    reply_to: Annotated[
        Message | None, Field(description="The message it answers, if any.", examples=["Great video!"])
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="Completions, and tags, at most.", examples=[5])] = 5


class CompletionOut(BaseModel):
    """How the draft could go on."""

    text: Annotated[str, Field(description="The draft and what is added.", examples=["Thank you so much!"])]
    added: Annotated[str, Field(description="What is added.", examples=[" much!"])]
    source: Annotated[
        Literal["replies", "platform"],
        Field(description="A reply written by hand, or a phrase of three people at least.", examples=["replies"]),
    ]
    share: Annotated[float, Field(description="Of what begins so, how much goes on so; 0 to 1.", examples=[0.4])]


class HashtagOut(BaseModel):
    """A tag of the platform."""

    tag: Annotated[str, Field(description="Without its #.", examples=["baking"])]
    score: Annotated[float, Field(description="How much of the draft speaks for it, 0 to 1.", examples=[0.3])]


class SuggestionsOut(_Suggesting):
    """Suggestions for a draft."""

    completions: Annotated[list[CompletionOut], Field(description="Those first that save most letters on average.")]
    hashtags: Annotated[list[HashtagOut], Field(description="Best first.")]

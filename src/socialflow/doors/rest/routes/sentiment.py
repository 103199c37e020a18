"""How authors feel and what they want."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import Name
from socialflow.doors.rest.schemas.sentiment import (
    AspectsIn,
    AspectsOut,
    EmotionsIn,
    EmotionsOut,
    IntentIn,
    IntentOut,
    MessageIn,
    SentimentOut,
    SentimentsOut,
    TextIn,
    TextsIn,
    TopicSentimentOut,
)
from socialflow.errors import InvalidInput
from socialflow.text.aspects import aspects
from socialflow.text.dialogue import intents
from socialflow.text.feelings import sentiments, thread
from socialflow.text.opinion import MOST_READ
from socialflow.text.told import Turn, together

router = APIRouter(
    prefix="/api/v1/sentiment",
    tags=["Sentiment"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)


@router.post("/analyze", response_model=SentimentOut, summary="How an author feels")
async def analyse_sentiment(body: TextIn, call: CallDep) -> Reply:
    """Sentiment of a text, emoji included, whether it is meant ironically, and its language. The sentiment is that of
    the words: it is not turned round where they are ironic."""
    authorise(call.principal, Action.SENTIMENT_READ)
    (answer,) = await call.platform.text.ask(sentiments, [body.text])
    return Reply(answer)


@router.post("/batch", response_model=SentimentsOut, summary="How several authors feel")
async def analyse_batch(body: TextsIn, call: CallDep) -> Reply:
    """As `analyze`, of up to 100 texts; each has its own answer, and the whole says how much of it could be had."""
    authorise(call.principal, Action.SENTIMENT_READ)
    results = await call.platform.text.ask(sentiments, body.texts)
    return Reply({**together(results, body.texts), "results": results})


@router.post("/aspects", response_model=AspectsOut, summary="How an author feels about each thing")
async def analyse_aspects(body: AspectsIn, call: CallDep) -> Reply:
    """Sentiment towards each of the given aspects, or towards those that are found in the text: named entities,
    hashtags, and noun phrases, a heuristic for English."""
    authorise(call.principal, Action.SENTIMENT_READ)
    return Reply(await call.platform.text.ask(aspects, body.text, body.aspects))


@router.post("/emotions", response_model=EmotionsOut, summary="Which emotions an author shows")
async def detect_emotions(body: EmotionsIn, call: CallDep) -> Reply:
    """Seven emotions, any number at once, of a text or of each message of a conversation; of a conversation also where
    the dominant emotion of an author turns."""
    authorise(call.principal, Action.SENTIMENT_READ)
    return Reply(await call.platform.text.ask(thread, _turns(body.text, body.messages, "messages")))


@router.post("/intent", response_model=IntentOut, summary="What an author wants")
async def recognise_intent(body: IntentIn, call: CallDep) -> Reply:
    """Question, statement, command, complaint, praise or request, of a text or of each turn of a conversation; which
    turns wait for an answer, and what to do next."""
    authorise(call.principal, Action.SENTIMENT_READ)
    return Reply(await call.platform.text.ask(intents, _turns(body.text, body.turns, "turns")))


@router.get("/topics/{topic}", response_model=TopicSentimentOut, summary="How recent items about a topic feel")
async def topic_sentiment(
    topic: Annotated[Name, Path(min_length=1, description="As a tag, a category or in words.", examples=["sourdough"])],
    call: CallDep,
    limit: Annotated[int, Query(ge=1, le=MOST_READ, description="Items to read at most.", examples=[100])] = MOST_READ,
) -> Reply:
    """Of the newest public items that name the topic, newest first; items of authors who do not permit analysis are
    left out. How many items were searched, found and read is told."""
    authorise(call.principal, Action.SENTIMENT_READ)
    return Reply(await call.platform.opinions.topic(topic, limit))


def _turns(text: str | None, messages: tuple[MessageIn, ...] | None, field: str) -> list[Turn]:
    if (text is None) is (messages is None):
        raise InvalidInput(f"give either text or {field}", field=field if text is not None else "text")
    if messages is None:
        return [Turn(text or "")]
    return [Turn(message.text, message.author) for message in messages]

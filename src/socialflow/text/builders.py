"""The literal table of heads."""

from collections.abc import Mapping

from socialflow.text.head import AnyHead
from socialflow.text.heads.aspect import AspectHead
from socialflow.text.heads.category import CategoryHead
from socialflow.text.heads.emoji import EmojiHead
from socialflow.text.heads.emotion import EmotionHead
from socialflow.text.heads.emotion_tone import EmotionToneHead
from socialflow.text.heads.entities import EntitiesHead
from socialflow.text.heads.hate import HateHead
from socialflow.text.heads.hate_speech import HateSpeechHead
from socialflow.text.heads.intent import IntentHead
from socialflow.text.heads.irony import IronyHead
from socialflow.text.heads.offensive import OffensiveHead
from socialflow.text.heads.sentence import SentenceHead
from socialflow.text.heads.sentiment import SentimentHead
from socialflow.text.heads.spam import SpamHead
from socialflow.text.heads.stance import AbortionStance, AtheismStance, ClimateStance, FeministStance, HillaryStance
from socialflow.text.heads.toxic_spans import ToxicSpansHead
from socialflow.text.heads.toxicity import ToxicityHead

HEADS: Mapping[str, type[AnyHead]] = {
    head.name: head
    for head in (
        ToxicityHead,
        ToxicSpansHead,
        HateHead,
        HateSpeechHead,
        OffensiveHead,
        SpamHead,
        SentimentHead,
        EmotionHead,
        EmotionToneHead,
        IronyHead,
        IntentHead,
        EmojiHead,
        AbortionStance,
        AtheismStance,
        ClimateStance,
        FeministStance,
        HillaryStance,
        CategoryHead,
        EntitiesHead,
        AspectHead,
        SentenceHead,
    )
}
"""Question -> head, in the order in which they are told."""

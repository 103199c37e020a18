"""The heads that are trained, in one table."""

from socialflow.training.text.records import Head

STANCE_TOPICS = ("abortion", "atheism", "climate", "feminist", "hillary")
_EMOJI = (
    "❤", "😍", "😂", "💕", "🔥", "😊", "😎", "✨", "💙", "😘",
    "📷", "🇺🇸", "☀", "💜", "😉", "💯", "😁", "🎄", "📸", "😜",
)  # fmt: skip
_POLARITY = ("negative", "neutral", "positive")
CATEGORIES = (
    "music", "gaming", "sports", "fitness_health", "food", "travel", "fashion_beauty",
    "technology", "science", "education", "news_politics", "business_finance", "comedy",
    "film_tv", "animals", "family_relationships", "art_design", "home_diy", "vehicles",
    "motivation_spirituality",
)  # fmt: skip
"""The taxonomy of docs/reference/categories.md."""

HEADS = {
    head.name: head
    for head in (
        Head(
            "toxicity",
            "multi_label",
            ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate"),
        ),
        Head("toxic_spans", "tokens", ("toxic",)),
        Head("hate", "multi_class", ("not_hate", "hate")),
        Head("hate_speech", "multi_class", ("normal", "offensive", "hatespeech")),
        Head("offensive", "multi_class", ("not_offensive", "offensive")),
        Head("spam", "multi_class", ("ham", "spam")),
        Head("sentiment", "multi_class", _POLARITY),
        Head("emotion", "multi_label", ("joy", "sadness", "anger", "fear", "surprise", "disgust", "neutral")),
        Head("emotion_tone", "multi_class", ("anger", "joy", "optimism", "sadness")),
        Head("irony", "multi_class", ("not_irony", "irony")),
        Head("intent", "multi_class", ("question", "statement", "command", "complaint", "praise", "request")),
        Head("emoji", "multi_class", _EMOJI),
        *(Head(f"stance_{topic}", "multi_class", ("none", "against", "favor")) for topic in STANCE_TOPICS),
        Head("category", "multi_class", CATEGORIES),
        Head("entities", "tokens", ("PER", "LOC", "ORG", "PRODUCT", "WORK", "GROUP")),
        Head("aspect", "span", _POLARITY),
    )
}

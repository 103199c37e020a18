"""The heads that are trained: those that are served, and what the taxonomy of categories is."""

from socialflow.text.builders import HEADS as SERVED
from socialflow.training.text.records import Head

STANCE_TOPICS = ("abortion", "atheism", "climate", "feminist", "hillary")
CATEGORIES = (
    "music", "gaming", "sports", "fitness_health", "food", "travel", "fashion_beauty",
    "technology", "science", "education", "news_politics", "business_finance", "comedy",
    "film_tv", "animals", "family_relationships", "art_design", "home_diy", "vehicles",
    "motivation_spirituality",
)  # fmt: skip
"""The taxonomy of docs/reference/categories.md."""

HEADS = {
    name: Head(name, head.kind, head.labels or CATEGORIES)
    for name, head in SERVED.items()
    if head.kind != "vector"  # the sentence embedding has no labels
}

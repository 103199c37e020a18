"""Names in a text: people, places, organisations, products, works, groups."""

from socialflow.text.head import SpansHead


class EntitiesHead(SpansHead):
    """Named entities; of a long text those of all windows."""

    name = "entities"
    labels = ("PER", "LOC", "ORG", "PRODUCT", "WORK", "GROUP")

"""Data in: files of any common form become users, channels, items, interactions and edges.

`readers` turns a file into rows, `columns` turns rows into records, `importer` stores records chunk by chunk; a row
that cannot be used is set aside with its reason and never stops an import.
"""

from socialflow.intake.importer import import_file
from socialflow.intake.movielens import import_movielens
from socialflow.intake.records import (
    Format,
    ImportKind,
    ImportOptions,
    ImportReport,
    Moderation,
    TimeUnit,
)
from socialflow.intake.youtube import import_youtube_trending

__all__ = [
    "Format",
    "ImportKind",
    "ImportOptions",
    "ImportReport",
    "Moderation",
    "TimeUnit",
    "import_file",
    "import_movielens",
    "import_youtube_trending",
]

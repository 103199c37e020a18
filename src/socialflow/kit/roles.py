"""What a person may be; shared by the nouns (a user has a role) and by access (a role may do things)."""

from enum import StrEnum


class Role(StrEnum):
    """What a person may do (see `access.matrix`)."""

    USER = "user"
    CREATOR = "creator"
    MODERATOR = "moderator"
    ADMIN = "admin"

"""What collecting from an outside API says of itself."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from socialflow.jobs.records import JobState

_AT = "2026-01-31T12:00:00Z"


class CollectionStarted(BaseModel):
    """The job that collects."""

    task_id: Annotated[str, Field(description="Id of the job.", examples=["0194b3c1e0a57c3f8a1b2c3d4e5f6a7b"])]
    endpoint: Annotated[str, Field(description="What it collects.", examples=["all-posts"])]
    state: Annotated[JobState, Field(description="`queued`, or `running` where it runs already.", examples=["queued"])]
    page: Annotated[
        int | None,
        Field(description="Page it starts at; null: where a broken-off collection stopped, else 1.", examples=[1]),
    ]
    page_size: Annotated[int, Field(description="Rows it asks for a page.", examples=[1000])]


class Standing(StrEnum):
    """How the collection of one endpoint stands."""

    NEVER_RUN = "never_run"
    QUEUED = "queued"
    RUNNING = "running"
    BROKEN_OFF = "broken_off"
    """It ended before its last page (cancelled, or out of attempts); the next goes on there."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DriftOut(BaseModel):
    """How rows differ from what was expected: field -> rows."""

    new: Annotated[dict[str, int], Field(description="Fields that nobody knows.", examples=[{"boosted": 12}])]
    missing: Annotated[
        dict[str, int], Field(description="Fields that rows lack, under every name.", examples=[{"title": 3}])
    ]
    retyped: Annotated[
        dict[str, int],
        Field(description="Values of another JSON type, used where they can be read.", examples=[{"views: text": 40}]),
    ]
    unusable: Annotated[
        dict[str, int], Field(description="Values that were left out of their row.", examples=[{"duration": 1}])
    ]


class CollectionErrorOut(BaseModel):
    """Why a collection failed."""

    code: Annotated[str, Field(description="Stable name of the failure.", examples=["source_unavailable"])]
    detail: Annotated[
        str, Field(description="What was wrong.", examples=["page 7 of /posts/view cannot be read: it answers 502"])
    ]


class CollectionOut(BaseModel):
    """The last collection of one endpoint."""

    endpoint: Annotated[str, Field(description="What is collected.", examples=["all-posts"])]
    state: Annotated[Standing, Field(description="How it stands.", examples=["running"])]
    task_id: Annotated[
        str | None, Field(description="The job that does it, or did it last.", examples=["0194b3c1e0a57c3f8a1b2c3d"])
    ]
    next_page: Annotated[
        int | None, Field(description="The checkpoint: first page whose rows are not stored.", examples=[8])
    ]
    page_size: Annotated[int | None, Field(description="Rows asked for a page.", examples=[1000])]
    pages: Annotated[int, Field(description="Pages read that held rows.", examples=[7])]
    rows: Annotated[int, Field(description="Rows on them.", examples=[6842])]
    stored: Annotated[int, Field(description="Rows that brought something new.", examples=[6800])]
    duplicates: Annotated[int, Field(description="Rows that were known.", examples=[40])]
    rejected: Annotated[
        dict[str, int], Field(description="Rows that could not be used, by reason.", examples=[{"invalid_input:at": 2}])
    ]
    drift: Annotated[DriftOut, Field(description="How rows differ from what was expected.")]
    missing_pages: Annotated[
        list[int], Field(description="Pages without rows though a later one has some (the first 100).", examples=[[4]])
    ]
    repeated_pages: Annotated[
        list[int], Field(description="Pages that were another page again (the first 100).", examples=[[]])
    ]
    list_names: Annotated[list[str], Field(description="Where in the answers the rows stood.", examples=[["posts"]])]
    error: Annotated[CollectionErrorOut | None, Field(description="Why it failed; null unless it did.")]
    started_at: Annotated[datetime | None, Field(description="When it began.", examples=[_AT])]
    updated_at: Annotated[datetime | None, Field(description="When its last page was stored.", examples=[_AT])]
    finished_at: Annotated[datetime | None, Field(description="When it was complete.", examples=[_AT])]


class CollectionStatusOut(BaseModel):
    """Every endpoint, in the order in which a whole collection reads them."""

    source: Annotated[
        str | None,
        Field(description="Host of the outside API; null: API_BASE_URL is unset.", examples=["api.example.org"]),
    ]
    endpoints: Annotated[list[CollectionOut], Field(description="One entry an endpoint.")]

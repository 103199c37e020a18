"""Where the videos of the platform are."""

from socialflow.content.ports import ContentStore
from socialflow.errors import InvalidInput


async def address_of(store: ContentStore, video_id: str) -> str:
    """The `media_url` of a video. Raises ItemNotFound; InvalidInput where it has none."""
    async with store.read() as unit:
        item = await unit.items.get(video_id)
    if item.media_url is None:
        raise InvalidInput(f"{video_id} has no media_url to fetch", field="config")
    return item.media_url

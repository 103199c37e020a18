"""Taking a person out of reviews, as an author and as a reviewer."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import delete, select, update

from socialflow.moderation.review.appeal_records import AppealOutcome
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.storage.repositories.reviews import review_key
from socialflow.storage.tables import appeals, golden_items, review_items, review_notes, reviewer_settings, strikes
from socialflow.storage.transaction import Transaction


async def forget_in_reviews(tx: Transaction, user_key: int, user_id: str) -> Counter[str]:
    """Empty a person's appeals (outcome and rules stay, for the counts), delete strikes and settings; rows by table."""
    theirs = update(appeals).where(appeals.c.author_key == user_key)
    reviewer = pseudonym(await review_key(tx), user_id)
    settings = delete(reviewer_settings).where(reviewer_settings.c.reviewer == reviewer)
    return Counter(
        {
            "appeals": await tx.run(theirs.values(text="", author_key=None)),
            "strikes": await tx.run(delete(strikes).where(strikes.c.author_key == user_key)),
            "reviewer_settings": await tx.run(settings),
        }
    )


async def forget_contents(tx: Transaction, content_ids: Collection[str]) -> Counter[str]:
    """Delete what waits or waited about content that is gone, with all that was written beside it; rows by table.

    Verdicts stay: they name no content and carry no free text. Appeals about it are moot, those of nobody known empty.
    """
    about = tx.among(review_items.c.content_id, content_ids)
    written = review_notes.c.item_id.in_(select(review_items.c.id).where(about))
    appealed = update(appeals).where(tx.among(appeals.c.content_id, content_ids))
    await tx.run(appealed.where(appeals.c.outcome.is_(None)).values(outcome=AppealOutcome.MOOT.value))
    known = delete(golden_items).where(tx.among(golden_items.c.content_id, content_ids))
    return Counter(
        {
            "appeals": await tx.run(appealed.where(appeals.c.author_key.is_(None)).values(text="")),
            "review_notes": await tx.run(delete(review_notes).where(written)),
            "review_items": await tx.run(delete(review_items).where(about)),
            "golden_items": await tx.run(known),
        }
    )

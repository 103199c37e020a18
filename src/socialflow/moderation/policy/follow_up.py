"""What the text of a policy says of reviews, appeals and strikes, into records and back."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from socialflow.moderation.policy.fields import keys, nearest, number, table
from socialflow.moderation.policy.records import FollowUp, ReviewRules, StrikeRules, StrikeTerms
from socialflow.moderation.policy.tree import Node

MOST_DAYS = 3_650
"""Days of any time at most."""
MOST_WEIGHT = 100.0
"""What a strike weighs at most."""
_RATES = ("second_rate", "golden_rate")
_APPEAL = "appeal_days"
_TERMS = ("weight", "half_life_days", "expires_days")
_REASONS = "reasons"
_DAY = timedelta(days=1)
_USUAL_REVIEW, _USUAL_TERMS = ReviewRules(), StrikeTerms()


def follow_up(review: Node | None, strikes: Node | None, reasons: Collection[str]) -> FollowUp:
    """What the blocks `review` and `strikes` say; what is left out is as in `ReviewRules` and `StrikeTerms`.

    Rates are 0 to 1, days whole ones from 1 to 3,650, weights above 0 and at most 100. Of a reason's terms, those left
    out are the usual ones of the same block. `reasons` are the codes that the policy has. Raises InvalidInput.
    """
    return FollowUp(_review(review), _strikes(strikes, reasons))


def follow_up_data(said: FollowUp) -> dict[str, Any]:
    """The blocks in the shape of the language, without what is usual: of two that say the same, the same."""
    data = {"review": _review_data(said.review), "strikes": _strikes_data(said.strikes)}
    return {name: block for name, block in data.items() if block}


def _review(node: Node | None) -> ReviewRules:
    if node is None:
        return ReviewRules()
    given = keys(node, (*_RATES, _APPEAL))
    return ReviewRules(
        second_rate=_rate(given.get("second_rate"), _USUAL_REVIEW.second_rate),
        golden_rate=_rate(given.get("golden_rate"), _USUAL_REVIEW.golden_rate),
        appeal_within=_days(given.get(_APPEAL), _USUAL_REVIEW.appeal_within),
    )


def _strikes(node: Node | None, reasons: Collection[str]) -> StrikeRules:
    if node is None:
        return StrikeRules()
    given = keys(node, (*_TERMS, _REASONS))
    usual = _terms(given, _USUAL_TERMS)
    own = table(given[_REASONS]) if _REASONS in given else {}
    for code, one in own.items():
        if code not in reasons:
            raise one.refused(f"the policy has no reason {code!r}{nearest(code, reasons)}")
    terms = {code: _terms(keys(one, _TERMS), usual) for code, one in sorted(own.items())}
    return StrikeRules(usual, {code: one for code, one in terms.items() if one != usual})


def _terms(given: Mapping[str, Node], usual: StrikeTerms) -> StrikeTerms:
    return StrikeTerms(
        weight=_weight(given.get("weight"), usual.weight),
        half_life=_days(given.get("half_life_days"), usual.half_life),
        expires_after=_days(given.get("expires_days"), usual.expires_after),
    )


def _rate(node: Node | None, usual: float) -> float:
    if node is None:
        return usual
    rate = number(node)
    if not 0.0 <= rate <= 1.0:
        raise node.refused(f"a rate is 0 to 1, not {rate:g}")
    return rate


def _weight(node: Node | None, usual: float) -> float:
    if node is None:
        return usual
    weight = number(node)
    if not 0.0 < weight <= MOST_WEIGHT:
        raise node.refused(f"what a strike weighs is above 0 and at most {MOST_WEIGHT:g}, not {weight:g}")
    return weight


def _days(node: Node | None, usual: timedelta) -> timedelta:
    if node is None:
        return usual
    days = number(node)
    if not (days.is_integer() and 1 <= days <= MOST_DAYS):
        raise node.refused(f"whole days from 1 to {MOST_DAYS:,} are wanted here, not {days:g}")
    return days * _DAY


def _review_data(said: ReviewRules) -> dict[str, float]:
    return _changed(_numbers_of_review(said), _numbers_of_review(_USUAL_REVIEW))


def _strikes_data(said: StrikeRules) -> dict[str, Any]:
    usual = _numbers_of_terms(said.usual)
    data: dict[str, Any] = dict(_changed(usual, _numbers_of_terms(_USUAL_TERMS)))
    reasons = {code: _changed(_numbers_of_terms(terms), usual) for code, terms in said.by_reason.items()}
    if told := {code: changed for code, changed in reasons.items() if changed}:
        data[_REASONS] = told
    return data


def _numbers_of_review(said: ReviewRules) -> dict[str, float]:
    return {"second_rate": said.second_rate, "golden_rate": said.golden_rate, _APPEAL: said.appeal_within / _DAY}


def _numbers_of_terms(terms: StrikeTerms) -> dict[str, float]:
    return {
        "weight": terms.weight,
        "half_life_days": terms.half_life / _DAY,
        "expires_days": terms.expires_after / _DAY,
    }


def _changed(numbers: dict[str, float], usual: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in numbers.items() if value != usual[name]}

"""A statement of reasons in the fields and values of the EU's DSA Transparency Database.

Sources: Regulation (EU) 2022/2065, articles 17 and 24(5); the fields, values, lengths and ranges of dates as the
database's API documents and checks them (https://transparency.dsa.ec.europa.eu/page/api-documentation, the version in
force since July 2025). Fields of restrictions that this service never imposes (payments, accounts, the service as a
whole) are there and empty.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

import orjson

from socialflow.errors import InvalidInput


class Visibility(StrEnum):
    """`decision_visibility`: how an item is seen less."""

    REMOVED = "DECISION_VISIBILITY_CONTENT_REMOVED"
    DISABLED = "DECISION_VISIBILITY_CONTENT_DISABLED"
    DEMOTED = "DECISION_VISIBILITY_CONTENT_DEMOTED"
    AGE_RESTRICTED = "DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED"
    INTERACTION_RESTRICTED = "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED"
    LABELLED = "DECISION_VISIBILITY_CONTENT_LABELLED"
    OTHER = "DECISION_VISIBILITY_OTHER"


class DecisionGround(StrEnum):
    """`decision_ground`: the law, or the terms of the platform."""

    ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
    INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"


class StatementCategory(StrEnum):
    """`category` and `category_addition`."""

    ANIMAL_WELFARE = "STATEMENT_CATEGORY_ANIMAL_WELFARE"
    CONSUMER_INFORMATION = "STATEMENT_CATEGORY_CONSUMER_INFORMATION"
    CYBER_VIOLENCE = "STATEMENT_CATEGORY_CYBER_VIOLENCE"
    CYBER_VIOLENCE_AGAINST_WOMEN = "STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN"
    DATA_PROTECTION = "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS"
    ILLEGAL_OR_HARMFUL_SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
    INTELLECTUAL_PROPERTY = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
    CIVIC_DISCOURSE = "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS"
    NOT_SPECIFIED_NOTICE = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"
    OTHER = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    PROTECTION_OF_MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
    PUBLIC_SECURITY = "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY"
    SCAMS_AND_FRAUD = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
    SELF_HARM = "STATEMENT_CATEGORY_SELF_HARM"
    UNSAFE_PRODUCTS = "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS"
    VIOLENCE = "STATEMENT_CATEGORY_VIOLENCE"


class ContentType(StrEnum):
    """`content_type`."""

    APP = "CONTENT_TYPE_APP"
    AUDIO = "CONTENT_TYPE_AUDIO"
    IMAGE = "CONTENT_TYPE_IMAGE"
    PRODUCT = "CONTENT_TYPE_PRODUCT"
    SYNTHETIC_MEDIA = "CONTENT_TYPE_SYNTHETIC_MEDIA"
    TEXT = "CONTENT_TYPE_TEXT"
    VIDEO = "CONTENT_TYPE_VIDEO"
    OTHER = "CONTENT_TYPE_OTHER"


class SourceType(StrEnum):
    """`source_type`: what led to the content."""

    ARTICLE_16 = "SOURCE_ARTICLE_16"
    TRUSTED_FLAGGER = "SOURCE_TRUSTED_FLAGGER"
    OTHER_NOTIFICATION = "SOURCE_TYPE_OTHER_NOTIFICATION"
    VOLUNTARY = "SOURCE_VOLUNTARY"


class Automation(StrEnum):
    """`automated_decision`."""

    FULLY = "AUTOMATED_DECISION_FULLY"
    PARTIALLY = "AUTOMATED_DECISION_PARTIALLY"
    NOT_AUTOMATED = "AUTOMATED_DECISION_NOT_AUTOMATED"


class YesNo(StrEnum):
    """A flag as the database writes it."""

    YES = "Yes"
    NO = "No"


_COUNTRIES = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
_LANGUAGES = (
    "AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BH BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL EN "
    "EO ES ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU JA JV "
    "KA KG KI KJ KK KL KM KN KO KR KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE "
    "NG NL NN NO NR NV NY OC OJ OM OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR SS ST "
    "SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU"
)
EEA = tuple(_COUNTRIES.split())
"""`territorial_scope`: countries of the European Economic Area, in order (ISO 3166-1, alpha 2)."""
LANGUAGES = frozenset(_LANGUAGES.split())
"""`content_language`: ISO 639-1 in capitals, as the database lists them."""
_PUID = re.compile(r"[a-zA-Z0-9_-]{1,500}")
_MOST = {
    "decision_visibility_other": 500,
    "illegal_content_legal_ground": 500,
    "illegal_content_explanation": 2000,
    "incompatible_content_ground": 500,
    "incompatible_content_explanation": 2000,
    "content_type_other": 500,
    "decision_facts": 5000,
}
CONTENT_FROM, DECIDED_FROM, UNTIL = date(2000, 1, 1), date(2020, 1, 1), date(2038, 1, 1)
"""Dates of content, dates of decisions, and the last of both, as the database takes them."""
_DATES = {
    "content_date": CONTENT_FROM,
    "application_date": DECIDED_FROM,
    "end_date_visibility_restriction": DECIDED_FROM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of reasons; the fields are those of the database, in its words.

    The database wants `content_date`; it is None where this service does not know when the content was posted.
    `decision_account`, `decision_monetary` and `decision_provision` are always None. Raises InvalidInput, naming the
    field, for what the database would refuse.
    """

    puid: str
    decision_visibility: tuple[Visibility, ...]
    decision_visibility_other: str | None = None
    decision_monetary: None = None
    decision_provision: None = None
    decision_account: None = None
    decision_ground: DecisionGround
    illegal_content_legal_ground: str | None = None
    illegal_content_explanation: str | None = None
    incompatible_content_ground: str | None = None
    incompatible_content_explanation: str | None = None
    category: StatementCategory
    category_addition: tuple[StatementCategory, ...] = ()
    content_type: tuple[ContentType, ...]
    content_type_other: str | None = None
    content_language: str | None = None
    content_date: date | None = None
    application_date: date
    end_date_visibility_restriction: date | None = None
    territorial_scope: tuple[str, ...] = EEA
    source_type: SourceType = SourceType.VOLUNTARY
    automated_detection: YesNo
    automated_decision: Automation
    decision_facts: str

    def __post_init__(self) -> None:
        _check_lists(self)
        _check_grounds(self)
        _check_texts(self)
        _check_dates(self)


def _check_lists(one: Statement) -> None:
    if _PUID.fullmatch(one.puid) is None:
        raise InvalidInput("puid must have 1 to 500 letters, digits, dashes and underscores", field="puid")
    for name in ("decision_visibility", "content_type"):
        if not getattr(one, name):
            raise InvalidInput(f"{name} must have at least one value", field=name)
    if strange := set(one.territorial_scope) - set(EEA):
        raise InvalidInput(f"territorial_scope has {min(strange)!r}: not in the EEA", field="territorial_scope")
    if one.content_language is not None and one.content_language not in LANGUAGES:
        raise InvalidInput("content_language must be ISO 639-1 in capitals", field="content_language")


def _check_grounds(one: Statement) -> None:
    """What a value asks for besides itself is there, and nothing that belongs to another value."""
    illegal = one.decision_ground is DecisionGround.ILLEGAL
    asked = {
        "illegal_content_legal_ground": illegal,
        "illegal_content_explanation": illegal,
        "incompatible_content_ground": not illegal,
        "incompatible_content_explanation": not illegal,
        "decision_visibility_other": Visibility.OTHER in one.decision_visibility,
        "content_type_other": ContentType.OTHER in one.content_type,
    }
    for name, wanted in asked.items():
        if bool(getattr(one, name)) is not wanted:
            raise InvalidInput(f"{name} must be {'given' if wanted else 'left out'} here", field=name)


def _check_texts(one: Statement) -> None:
    if not one.decision_facts:
        raise InvalidInput("decision_facts must not be empty", field="decision_facts")
    for name, most in _MOST.items():
        if len(getattr(one, name) or "") > most:
            raise InvalidInput(f"{name} must have at most {most} characters", field=name)


def _check_dates(one: Statement) -> None:
    for name, first in _DATES.items():
        given: date | None = getattr(one, name)
        if given is not None and not first <= given <= UNTIL:
            raise InvalidInput(f"{name} must lie within {first} and {UNTIL}", field=name)
    ended = one.end_date_visibility_restriction
    if ended is not None and ended < one.application_date:
        raise InvalidInput("a restriction cannot end before it begins", field="end_date_visibility_restriction")


FIELDS = tuple(one.name for one in fields(Statement))
"""Names of the fields, in the order in which they are written."""


def plain(statement: Statement) -> Mapping[str, object]:
    """The statement as the body of a call to the database: dates as YYYY-MM-DD, what is empty as null."""
    return {name: getattr(statement, name) for name in FIELDS}


def json_line(statement: Statement) -> bytes:
    """One line of JSON, its end included."""
    return orjson.dumps(plain(statement), option=orjson.OPT_APPEND_NEWLINE)


def cells(statement: Statement) -> list[str]:
    """One row of a table under `FIELDS`: lists as JSON, what is empty as nothing."""
    return [_cell(value) for value in plain(statement).values()]


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return orjson.dumps(value).decode()
    return "" if value is None else str(value)

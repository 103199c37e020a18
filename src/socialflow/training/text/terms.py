"""Under what terms each public set stands, and for what it may be used."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence as the publishers state it.

    `is_open`: they state one, and it lets anybody use, change and pass on. `trains`: weights that ship may be trained
    on the set; the others serve to measure.
    """

    licence: str
    is_open: bool
    trains: bool = True


def _open(licence: str) -> Terms:
    return Terms(licence, is_open=True)


def _unstated(of: str) -> Terms:
    return Terms(f"none stated ({of})", is_open=False)


def _barred(licence: str) -> Terms:
    return Terms(licence, is_open=False, trains=False)


TERMS: Mapping[str, Terms] = {
    "absa": _unstated("SemEval-2014, ACL-14 Twitter: research use under the organisers' terms"),
    "absa/mams": _open("Apache-2.0"),
    "broad_twitter_corpus": _open("CC BY 4.0"),
    "cad_reddit": Terms("CC BY 4.0", is_open=True, trains=False),
    "clinc150": _open("CC BY 3.0"),
    "complaints_twitter": _unstated("tweets"),
    "crisislex_t26": _open("MIT"),
    "dailydialog_part": _barred("CC BY-NC-SA 4.0"),
    "davidson2017": _open("MIT"),
    "emobank": _open("CC BY-SA 4.0"),
    "emoji_sentiment_ranking": _open("CC BY-SA 4.0"),
    "germeval2018": _open("CC BY 4.0"),
    "goemotions": _open("Apache-2.0"),
    "hashtag_segmentation": _barred("GPL-3.0"),
    "hatexplain": _open("MIT"),
    "imperatives": _open("MIT"),
    "indonesian_hate": _barred("CC BY-NC-SA 4.0"),
    "instafake": _barred("CC BY-NC 4.0"),
    "isarcasmeval": _open("MIT"),
    "jigsaw_partial": _open("CC0 1.0; comments CC BY-SA 3.0"),
    "keyphrase_500n": _unstated("broadcast news"),
    "korean_hate": _open("CC BY-SA 4.0"),
    "mlma_hate": _open("MIT"),
    "news_headlines_sarcasm": _open("free for research with citation; CC0 or CC BY 4.0"),
    "olid": _unstated("research use with citation"),
    "politeness_requests": _open("CC BY 4.0; texts CC BY-SA"),
    "sms_spam": _open("free for research with citation; CC BY 4.0"),
    "suggestions_semeval2019": _barred("CC BY-NC-SA 4.0"),
    "swda": _barred("LDC transcripts; annotation CC BY-NC-SA 3.0"),
    "told_br": _open("CC BY-SA 4.0"),
    "toxic_spans": _open("CC0 1.0"),
    "tweeteval": _unstated("tweets; each task as its SemEval source"),
    "unintended_bias": _open("Apache-2.0"),
    "wnut17": _open("CC BY 4.0"),
    "xlmt_sentiment": _unstated("repository Apache-2.0, tweets as their sources"),
    "youtube_comment_sentiment": _open("CC0 1.0"),
    "youtube_spam": _open("free for research with citation; CC BY 4.0"),
}
"""By folder, or by set where one of a folder has terms of its own.

`cad_reddit` is open and yet trains nothing: it is kept to check moderation as a whole.
"""


def terms_of(source: str) -> Terms:
    """Those of a set, by its name."""
    return TERMS.get(source) or TERMS[source.split("/", maxsplit=1)[0]]

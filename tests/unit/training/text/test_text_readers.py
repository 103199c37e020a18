"""Each published form is read as its publishers describe it."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.shared_data import shared

from socialflow.errors import InvalidInput
from socialflow.training.text.heads import HEADS
from socialflow.training.text.readers.entities import conll
from socialflow.training.text.readers.toxicity import runs
from socialflow.training.text.records import Part, Spans
from socialflow.training.text.sources import SETS, load
from socialflow.training.text.terms import TERMS


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, newline="")


def said(name: str, part: Part) -> list[tuple[str, object]]:
    """Texts with the names of their labels; stretches as the words they cover."""
    labels = HEADS[SETS[name].head].labels
    if isinstance(part.targets, Spans):
        spans = part.targets
        return [
            (part.texts[row][start:end], labels[label])
            for row, start, end, label in zip(spans.rows, spans.starts, spans.ends, spans.labels, strict=True)
        ]
    if part.targets.ndim == 2:
        return [(text, row.tolist()) for text, row in zip(part.texts, part.targets, strict=True)]
    return [(text, labels[place]) for text, place in zip(part.texts, part.targets, strict=True)]


def everything(name: str, root: Path) -> list[tuple[str, object]]:
    parts = load(name, root)
    return [row for part in (parts.train, parts.validation, parts.test) for row in said(name, part)]


CASES = [
    (
        "davidson2017",
        {"davidson2017/labeled_data.csv": ",count,class,tweet\n0,3,0,one\n1,3,1,two\n2,3,2,three\n"},
        {("one", "hatespeech"), ("two", "offensive"), ("three", "normal")},
    ),
    (
        "korean_hate",
        {
            "korean_hate/train.tsv": 'comments\tcontain_gender_bias\tbias\thate\n"one\tFalse\tnone\thate\n',
            "korean_hate/dev.tsv": "comments\tcontain_gender_bias\tbias\thate\ntwo\tFalse\tnone\tnone\n",
        },
        {('"one', "hatespeech"), ("two", "normal")},
    ),
    (
        "mlma_hate/en",
        {
            "mlma_hate/en_dataset_with_stop_words.csv": "HITId,tweet,sentiment\n0,one\\u2026,fearful_hateful\n"
            "1,two \\ud83d\\ude00,offensive\n"
        },
        {("one\u2026", "hate"), ("two \U0001f600", "not_hate")},
    ),
    (
        "germeval2018",
        {
            "germeval2018/germeval2018.training.txt": "eins\tOTHER\tOTHER\n",
            "germeval2018/germeval2018.test.txt": "zwei\tOFFENSE\tINSULT\n",
        },
        {("eins", "not_offensive"), ("zwei", "offensive")},
    ),
    (
        "indonesian_hate",
        {"indonesian_hate/re_dataset.csv": "Tweet,HS,Abusive\nsatu,1,1\ndua,0,1\n"},
        {("satu", "hate"), ("dua", "not_hate")},
    ),
    (
        "sms_spam",
        {"sms_spam/SMSSpamCollection": 'ham\tsee "you\nspam\twin\tnow\n'},
        {('see "you', "ham"), ("win\tnow", "spam")},
    ),
    (
        "isarcasmeval/en",
        {"isarcasmeval/train.En.csv": ",tweet,sarcastic,rephrase\n0,love rain,1,I hate rain\n1,it rains,0,\n"},
        {("love rain", "irony"), ("I hate rain", "not_irony"), ("it rains", "not_irony")},
    ),
    (
        "news_headlines_sarcasm",
        {
            "news_headlines_sarcasm/Sarcasm_Headlines_Dataset.json": json.dumps(
                {"article_link": "https://x.example", "headline": "cat elected", "is_sarcastic": 1}
            )
        },
        {("cat elected", "irony")},
    ),
    (
        "youtube_comment_sentiment",
        {"youtube_comment_sentiment/comments.csv": ",Video ID,Comment,Likes,Sentiment\n0,v,one,1,0.0\n1,v,two,,\n"},
        {("one", "negative")},
    ),
    (
        "clinc150",
        {
            "clinc150/data_full.json": json.dumps(
                {
                    "train": [["set an alarm", "alarm"], ["thanks so much", "thank_you"]],
                    "val": [["where am i", "current_location"]],
                    "test": [["could you call mum", "make_call"]],
                    "oos_train": [["my cat is grey", "oos"]],
                    "oos_val": [],
                    "oos_test": [],
                }
            )
        },
        {
            ("set an alarm", "command"),
            ("thanks so much", "praise"),
            ("where am i", "question"),
            ("could you call mum", "request"),
            ("my cat is grey", "statement"),
        },
    ),
    (
        "politeness_requests",
        {
            "politeness_requests/stack-exchange.annotated.csv": "Community,Id,Request\nx,1,Please mend it.\n",
            "politeness_requests/wikipedia.annotated.csv": "Community,Id,Request\nx,1,Where is it?\n",
        },
        {("Please mend it.", "request"), ("Where is it?", "question")},
    ),
    ("imperatives", {"imperatives/imperatives.csv": "Close it.\n\n"}, {("Close it.", "command")}),
    (
        "complaints_twitter",
        {"complaints_twitter/complaints-data.csv": '1,"late, again",1,cars\n2,is it open?,0,cars\n3,nice,0,cars\n'},
        {("late, again", "complaint"), ("is it open?", "question"), ("nice", "statement")},
    ),
    (
        "goemotions/original",
        {
            "goemotions/original/labels.txt": "admiration\nanger\ncuriosity\nneutral\n",
            "goemotions/original/train.tsv": "so good\t0\ta\nso good, damn\t0,1\tb\nwhy?\t2\tc\n",
            "goemotions/original/dev.tsv": "The sea is blue\t3\td\n",
            "goemotions/original/test.tsv": "Go away\t3\te\n",
        },
        {("so good", "praise"), ("why?", "question"), ("The sea is blue", "statement")},
    ),
    (
        "suggestions_semeval2019",
        {"suggestions_semeval2019/SubtaskA_EvaluationData_labeled.csv": '1,"add a map",1\n2,"it has one",0\n'},
        {("add a map", "request"), ("it has one", "statement")},
    ),
    (
        "swda",
        {"swda/test.txt": "1|A|is it | well, so?|qy\n1|B|it is.|sd\n1|A|great.|ba\n1|B|uh-huh.|b\n"},
        {("is it | well, so?", "question"), ("it is.", "statement"), ("great.", "praise")},
    ),
    (
        "dailydialog_part",
        {
            "dailydialog_part/test/dialogues.txt": "Sit down . __eou__ Could you wait ? __eou__ I will . __eou__\n",
            "dailydialog_part/test/dialogues_act.txt": "3 3 4 \n",
        },
        {("Sit down .", "command"), ("Could you wait ?", "request")},
    ),
    (
        "wnut17",
        {
            "wnut17/wnut17train.conll": "Ann\tB-person\nat\tO\nthe\tB-location\nsea\tI-location\n\n",
            "wnut17/emerging.dev.conll": "A\tO\nSong\tB-creative-work",
        },
        {("Ann", "PER"), ("the sea", "LOC"), ("Song", "WORK")},
    ),
    (
        "absa/laptops",
        {
            "absa/Laptops_Train.xml.seg": "the $T$ is loud\nfan noise\n-1\n",
            "absa/Laptops_Test_Gold.xml.seg": "$T$ is fine\nscreen\n1\n",
        },
        {("fan noise", "negative"), ("screen", "positive")},
    ),
    (
        "absa/mams",
        {
            f"absa/MAMS-ATSA/{part}.xml": "<sentences><sentence><text>wine &amp; bread</text><aspectTerms>"
            '<aspectTerm from="7" to="12" term="bread" polarity="neutral"/></aspectTerms></sentence></sentences>'
            for part in ("train", "val", "test")
        },
        {("bread", "neutral")},
    ),
    (
        "toxic_spans",
        {
            f"toxic_spans/tsd_{part}.csv": 'spans,text\n"[4, 5, 6]",you oaf\n[],hello\n'
            for part in ("train", "trial", "test")
        },
        {("oaf", "toxic")},
    ),
]


class TestForms:
    @pytest.mark.parametrize(("name", "files", "expected"), CASES, ids=[case[0] for case in CASES])
    def test_texts_and_labels(
        self, tmp_path: Path, name: str, files: dict[str, str], expected: set[tuple[str, str]]
    ) -> None:
        write(tmp_path, files)
        assert set(everything(name, tmp_path)) == expected

    def test_what_a_set_does_not_know_is_masked(self, tmp_path: Path) -> None:
        header = "text,homophobia,obscene,insult,racism,misogyny,xenophobia\n"
        write(tmp_path, {"told_br/ToLD-BR.csv": f"{header}um,0.0,0.0,2.0,0.0,0.0,0.0\n"})
        [(_, row)] = everything("told_br", tmp_path)
        np.testing.assert_array_equal(row, [1, math.nan, 0, math.nan, 1, 0])
        write(tmp_path, {f"broad_twitter_corpus/btc.{part}": "Ann\tB-PER\n" for part in ("train", "dev", "test")})
        spans = load("broad_twitter_corpus", tmp_path).train.targets
        assert isinstance(spans, Spans)
        assert spans.asked.tolist() == [[True, True, True, False, False, False]]

    def test_rows_that_were_not_scored_are_passed_over(self, tmp_path: Path) -> None:
        header = "id,comment_text,toxic,severe_toxic,obscene,threat,insult,identity_hate\n"
        rows = "1,one,-1,-1,-1,-1,-1,-1\n2,two,1,0,0,0,1,0\n"
        files = {f"jigsaw_partial/detoxify_sample_{part}.csv": header + rows for part in ("train", "test")}
        write(tmp_path, files)
        assert load("jigsaw_partial/sample", tmp_path).test.texts == ["two"]

    def test_comments_of_one_video_stay_together(self, tmp_path: Path) -> None:
        rows = "".join(f"{row},v{row % 30},comment {row},0,1.0\n" for row in range(300))
        write(tmp_path, {"youtube_comment_sentiment/comments.csv": f",Video ID,Comment,Likes,Sentiment\n{rows}"})
        parts = load("youtube_comment_sentiment", tmp_path)
        videos = [
            {int(text.split()[1]) % 30 for text in part.texts} for part in (parts.train, parts.validation, parts.test)
        ]
        assert sum(map(len, videos)) == 30
        assert all(videos)

    def test_three_videos_train_and_the_fourth_tests(self, tmp_path: Path) -> None:
        header = "COMMENT_ID,AUTHOR,DATE,CONTENT,CLASS\n"
        for video in ("01-Psy", "02-KatyPerry", "03-LMFAO", "04-Eminem"):
            write(tmp_path, {f"youtube_spam/Youtube{video}.csv": f"{header}1,a,,{video},1\n"})
        parts = load("youtube_spam", tmp_path)
        assert parts.test.texts == ["04-Eminem"]
        assert sorted(parts.train.texts + parts.validation.texts) == ["01-Psy", "02-KatyPerry", "03-LMFAO"]


class TestDamage:
    @pytest.mark.parametrize(
        ("name", "files", "message"),
        [
            ("clinc150", {"clinc150/data_full.json": "{}"}, "by part"),
            ("wnut17", {"wnut17/wnut17train.conll": "x\tB-star\n"}, "B-star"),
            ("absa/mams", {"absa/MAMS-ATSA/train.xml": "<a>"}, "not XML"),
            ("news_headlines_sarcasm", {"news_headlines_sarcasm/Sarcasm_Headlines_Dataset.json": "[]"}, "headline"),
            ("toxic_spans", {"toxic_spans/tsd_train.csv": "spans,text\nx,y\n"}, "offsets"),
        ],
    )
    def test_it_is_told(self, tmp_path: Path, name: str, files: dict[str, str], message: str) -> None:
        write(tmp_path, files)
        with pytest.raises(InvalidInput, match=message):
            load(name, tmp_path)


class TestRuns:
    @given(st.sets(st.integers(0, 60)))
    def test_they_cover_exactly_the_offsets(self, offsets: set[int]) -> None:
        covered = [place for start, end, _ in runs(list(offsets)) for place in range(start, end)]
        assert covered == sorted(offsets)


class TestConll:
    @given(
        st.lists(
            st.tuples(st.text("abc", min_size=1, max_size=4), st.sampled_from(["O", "B-X", "I-X", "B-Y", "I-Y"])),
            min_size=1,
        )
    )
    def test_stretches_cover_the_tagged_tokens(self, tokens: list[tuple[str, str]]) -> None:
        [(text, stretches)] = conll([f"{token}\t{tag}" for token, tag in tokens], {"X": "X", "Y": "Y"})
        assert text.split(" ") == [token for token, _ in tokens]
        words = [word for start, end, _ in stretches for word in text[start:end].split(" ")]
        assert words == [token for token, tag in tokens if tag != "O"]


class TestTable:
    def test_every_set_has_terms_and_a_head(self) -> None:
        assert all(source.head in HEADS and source.terms.licence for source in SETS.values())

    def test_what_is_barred_trains_nothing(self) -> None:
        barred = {
            "swda", "suggestions_semeval2019", "dailydialog_part", "indonesian_hate", "instafake",
            "hashtag_segmentation", "cad_reddit",
        }  # fmt: skip
        assert {folder for folder, terms in TERMS.items() if not terms.trains} == barred

    @pytest.mark.shared
    def test_every_folder_has_terms(self) -> None:
        folders = {path.name for path in shared("text").iterdir() if path.is_dir()}
        assert folders == {name for name in TERMS if "/" not in name}

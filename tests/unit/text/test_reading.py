"""Plain ASCII is parted as the library parts it; everything else is the library's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import text_bundle
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from socialflow.kit.answers import Tier
from socialflow.text.bundle import PACKAGED, read_bundle
from socialflow.text.casing import cases_of
from socialflow.text.normalise import normalise
from socialflow.text.reading import Pieces, Tokeniser, tokeniser

ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
PARTS = ("don't", "U.S.", "#New", "@user", "unbelievably", "x" * 120, "  ", "$5", "[SEP]", "_a")
WOVEN = st.lists(st.sampled_from(PARTS))
ANY = st.text(max_size=30).map(lambda text: normalise(text).text)


@pytest.fixture(scope="module")
def packaged() -> Tokeniser:
    return tokeniser(read_bundle(PACKAGED, Tier.BUNDLED))


@pytest.fixture(scope="module")
def library() -> Tokenizer:
    found = Tokenizer.from_file(str(PACKAGED / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    found.encode_special_tokens = True
    return found


class TestPieces:
    @given(st.one_of(ASCII, WOVEN.map(" ".join), WOVEN.map("".join), ANY))
    def test_are_those_of_the_library(self, packaged: Tokeniser, library: Tokenizer, text: str) -> None:
        found = library.encode(text, add_special_tokens=False)
        words = [word for word in found.word_ids if word is not None]
        cases = cases_of(text, found.offsets, found.word_ids)
        assert packaged.pieces(text) == Pieces(found.ids, found.offsets, words, cases)

    @pytest.mark.parametrize(
        "change",
        [
            lambda library: setattr(library, "normalizer", normalizers.BertNormalizer(lowercase=False)),
            lambda library: setattr(library, "pre_tokenizer", pre_tokenizers.WhitespaceSplit()),
            lambda library: library.add_tokens(["the good"]),
        ],
    )
    def test_a_tokeniser_that_does_more_is_asked_for_whole_texts(self, tmp_path: Path, change: object) -> None:
        assert callable(change)
        bundle = text_bundle.clear_bundle(tmp_path)
        path = bundle.directory / "tokenizer.json"
        library = Tokenizer.from_file(str(path))
        change(library)
        path.chmod(0o644)
        library.save(str(path))
        library.no_truncation()
        library.no_padding()
        text = "The good city's awful"
        assert tokeniser(bundle).pieces(text).ids == library.encode(text, add_special_tokens=False).ids

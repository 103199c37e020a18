"""Any text has links of its own: nothing hangs, nothing raises, and stretches are those of the text."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from socialflow.moderation.behaviour import Author, behaviour_signals
from socialflow.moderation.links import host_of, imitates, link_signals, links
from socialflow.moderation.patterns import pattern_signals
from socialflow.moderation.signals import Signal, combined

PIECES = st.sampled_from(
    [
        "http://",
        "https:\\\\",
        "www.",
        "<a href=",
        '"',
        "'",
        ">",
        "</a>",
        "[",
        "](",
        ")",
        "@",
        ".",
        "/",
        "xn--",
        "bit.ly/",
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=30).map("".join)
SHARES = st.floats(0.0, 1.0)


@given(TEXTS)
def test_links_are_stretches_of_the_text_in_order(text: str) -> None:
    found = links(text)
    for link in found:
        assert link.address in text[link.start : link.end]
        assert not set(link.host) & set("/\\?#@")
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(TEXTS)
def test_signals_stay_between_nothing_and_certainty(text: str) -> None:
    told = [
        *link_signals(links(text)),
        *pattern_signals(text),
        *behaviour_signals(text, Author(recent_texts=(text, text[:5]))),
    ]
    assert all(0.0 <= signal.value <= 1.0 and 0.0 < signal.weight < 1.0 for signal in told)
    assert 0.0 <= combined(told) <= 1.0


@given(st.text(max_size=60))
def test_any_address_has_a_host_or_none(address: str) -> None:
    host = host_of(address)
    assert host_of("http://" + host) == host or "xn--" in host or "@" in address or ":" in host
    imitates(host)


@given(st.lists(st.tuples(SHARES, SHARES), max_size=6), SHARES, SHARES)
def test_one_more_signal_never_lowers_a_score(pairs: list[tuple[float, float]], value: float, weight: float) -> None:
    signals = [Signal("a", "text", *pair) for pair in pairs]
    before, after = combined(signals), combined([*signals, Signal("b", "links", value, weight)])
    assert before - 1e-12 <= after <= 1.0
    assert after >= value * weight - 1e-12

"""Links are found as they are shown, led to where a browser would go, and judged by rules."""

import pytest

from socialflow.moderation.links import host_of, imitates, link_signals, links


def found(text: str) -> dict[str, float]:
    return {signal.name: signal.value for signal in link_signals(links(text)) if signal.value}


class TestFinding:
    def test_plain_markdown_html_and_bare_links_in_order(self) -> None:
        text = (
            "one https://a.example/x, two [here](http://b.example) three <a class=\"q\" href='//c.example/y'>C</a> "
            "four bit.ly/zz."
        )
        told = [(link.host, link.shown) for link in links(text)]
        assert told == [("a.example", None), ("b.example", "here"), ("c.example", "C"), ("bit.ly", None)]

    def test_offsets_are_those_of_the_link_without_the_sentence_end(self) -> None:
        text = "Look: https://a.example/x?y=1!"
        (link,) = links(text)
        assert text[link.start : link.end] == link.address == "https://a.example/x?y=1"

    def test_words_with_a_missing_space_are_no_link(self) -> None:
        assert links("It ended.Then we left. Score 3.5 and/or 1.5/2") == []

    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("HTTP://WWW.Example.ORG:8080/a", "www.example.org"),
            ("http://good.example@bad.example/", "bad.example"),
            (r"https:\\bad.example\good.example", "bad.example"),
            ("https://[2001:db8::1]:80/x", "[2001:db8::1]"),
            ("xn--80ak6aa92e.com", "аррӏе.com"),
            ("xn--\udcff.com", "xn--\udcff.com"),
            ("", ""),
        ],
    )
    def test_the_host_is_the_one_a_browser_goes_to(self, address: str, host: str) -> None:
        assert host_of(address) == host


class TestLookAlikes:
    @pytest.mark.parametrize(
        ("host", "name"),
        [
            ("g00gle.com", "google"),
            ("faceb00k-login.example", "facebook"),
            ("аррӏе.com", "apple"),
            ("arnazon.com", "amazon"),
            ("paypal.com.secure.example", "paypal"),
            ("gооgle-maps.example", "google"),
            ("bаnk.example", "mixed scripts"),
        ],
    )
    def test_what_deceives_is_named(self, host: str, name: str) -> None:
        assert imitates(host) == name

    @pytest.mark.parametrize(
        "host",
        ["google.com", "www.amazon.co.uk", "paypal.com.br", "youtube.github.io", "apple-pie.example", "почта.рф", ""],
    )
    def test_what_only_looks_similar_is_left_alone(self, host: str) -> None:
        assert imitates(host) is None


class TestSignals:
    def test_every_signal_is_told_even_where_nothing_is_found(self) -> None:
        told = link_signals([])
        assert [signal.name for signal in told] == [
            "link_many",
            "link_shortened",
            "link_messenger",
            "link_number",
            "link_lookalike",
            "link_disguised",
        ]
        assert not any(signal.value or signal.detail.strip("0 links") for signal in told)

    def test_a_link_to_a_known_site_says_nothing(self) -> None:
        assert found("My new video: https://www.youtube.com/watch?v=1 and https://example.org") == {}

    def test_shown_and_real_hosts_that_differ(self) -> None:
        assert found("[www.mybank.example](http://x.example)") == {"link_disguised": 1.0}
        assert found("[mybank.example/login](http://www.mybank.example/en)") == {}
        assert found("[my bank](http://x.example)") == {}
        assert found("http://mybank.example@x.example/") == {"link_disguised": 1.0}

    def test_shorteners_messengers_and_bare_numbers(self) -> None:
        assert set(found("bit.ly/a https://t.me/b http://93.184.216.34/c")) == {
            "link_many",
            "link_shortened",
            "link_messenger",
            "link_number",
        }

    def test_many_links_count_evenly_from_three_to_six(self) -> None:
        texts = [" ".join(f"https://a.example/{n}" for n in range(count)) for count in (2, 4, 9)]
        assert [found(text).get("link_many", 0.0) for text in texts] == [0.0, 0.5, 1.0]

    def test_the_detail_says_what_was_found(self) -> None:
        (told,) = (one for one in link_signals(links("http://paypa1.com")) if one.value)
        assert told.detail == "paypa1.com: paypal"

"""The frame of every page, and what pages are made of. Whatever comes from outside is escaped here."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from socialflow.errors import InvalidInput

_SAFE = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Nothing is loaded and nothing runs."""
_STYLE = """
:root{color-scheme:light dark;--paper:#f6f5f1;--card:#fff;--ink:#1d2327;--soft:#5c666d;--line:#dcd9d0;--accent:#0b6e69;
--a:#2f7fb8;--b:#c8742c;--c:#7c62b3;--good:#23794a;--warn:#a15c00;--bad:#b3372f}
@media(prefers-color-scheme:dark){:root{--paper:#14181b;--card:#1d2327;--ink:#e9e6df;--soft:#9ea8ae;--line:#343d43;
--accent:#58c3bb;--a:#6fb2e0;--b:#e8a05e;--c:#b19ae0;--good:#6ccb94;--warn:#e8b45e;--bad:#f08a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1180px;margin:0 auto;padding:40px 24px 72px}
header{border-bottom:2px solid var(--ink);padding-bottom:18px;margin-bottom:8px}
h1{font-size:30px;line-height:1.15;margin:0 0 10px;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:13px;letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:0 0 16px}
section{padding:30px 0 4px}
.kind{color:var(--soft);font-size:13px;letter-spacing:.09em;text-transform:uppercase;margin:0 0 6px}
.chip{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:1px 11px;font-size:13px}
.complete{color:var(--good)}.partial{color:var(--warn)}.abstained{color:var(--bad)}
.warning{color:var(--warn)}.severe{color:var(--bad)}.info{color:var(--soft)}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(170px,1fr));gap:14px 24px;margin:0}
dl.facts dt{color:var(--soft);font-size:12.5px}
dl.facts dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:16px}
.wide{grid-template-columns:repeat(auto-fill,minmax(320px,1fr))}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
figure .shown{position:relative;background:#000;line-height:0;text-align:center}
figure img{max-width:100%;max-height:320px}figure svg.over{position:absolute;inset:0;width:100%;height:100%}
.still .shown{height:118px;display:flex;align-items:center;justify-content:center}.still img{max-height:118px}
figcaption{padding:9px 12px 11px;font-size:13px;color:var(--soft)}figcaption b{color:var(--ink)}
.none{color:#b9b9b9;font-size:12.5px;line-height:1.4;padding:0 12px}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:5px 12px;align-items:center;font-size:13px}
.bar{height:7px;border-radius:4px;background:var(--line);overflow:hidden}
.bar i{display:block;height:100%;background:var(--accent)}
.num{font-variant-numeric:tabular-nums;text-align:right}
svg.chart{width:100%;height:auto;display:block;background:var(--card);border:1px solid var(--line);border-radius:10px}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}
ul.plain{list-style:none;margin:0;padding:0}ul.plain li{padding:7px 0;border-top:1px solid var(--line)}
code{font:13px ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:13px;color:var(--soft);margin:10px 0 0}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:28px}@media(max-width:760px){.two{grid-template-columns:1fr}}
details{border-top:1px solid var(--line);padding:9px 0}summary{cursor:pointer}pre{overflow:auto;max-height:420px}
footer{margin-top:40px;color:var(--soft);font-size:12.5px}
@media print{main{padding:0}figure,svg.chart{break-inside:avoid}}
"""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under its heading."""

    heading: str
    body: Html


def text(value: object) -> Html:
    """What comes from outside, as text.

    >>> text("<script>")
    '&lt;script&gt;'
    """
    return value if isinstance(value, Html) else Html(escape(str(value)))


def joined(parts: Iterable[Html]) -> Html:
    """Markup one after another."""
    return Html("".join(parts))


def page(kind: str, title: str, status: str, sections: Sequence[Section]) -> Html:
    """A whole page; `status` is one of complete, partial, abstained."""
    body = joined(Html(f"<section><h2>{text(one.heading)}</h2>{one.body}</section>") for one in sections)
    return Html(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_SAFE}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head><body><main>"
        f'<header><p class="kind">{text(kind)}</p><h1>{text(title)}</h1>{chip(status)}</header>'
        f"{body}<footer>Made by socialflow. Nothing in this page is loaded from elsewhere.</footer>"
        "</main></body></html>\n"
    )


def save(path: Path, made: Html) -> None:
    """Write a page. Raises InvalidInput where it cannot be written."""
    try:
        path.write_text(made, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot write {path}: {error.strerror}", field="report") from error


def chip(status: str) -> Html:
    """A status, in its colour."""
    return Html(f'<span class="chip {text(status)}">{text(status)}</span>')


def facts(values: Mapping[str, object]) -> Html:
    """Names and values."""
    rows = (f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in values.items())
    return Html(f'<dl class="facts">{"".join(rows)}</dl>')


def bars(values: Mapping[str, float]) -> Html:
    """Values from 0 to 1."""
    rows = (
        f'<span>{text(name)}</span><span class="bar"><i style="width:{100 * value:.1f}%"></i></span>'
        f'<span class="num">{value:.2f}</span>'
        for name, value in values.items()
    )
    return Html(f'<div class="bars">{"".join(rows)}</div>')


def jpeg(encoded: bytes | str, alt: str) -> Html:
    """A picture: its bytes, or these in base64."""
    told = encoded if isinstance(encoded, str) else base64.b64encode(encoded).decode("ascii")
    return Html(f'<img src="data:image/jpeg;base64,{text(told)}" alt="{text(alt)}">')


def figure(shown: Html, caption: Html, kind: str = "") -> Html:
    """A picture and what is said of it."""
    return Html(
        f'<figure class="{text(kind)}"><div class="shown">{shown}</div><figcaption>{caption}</figcaption></figure>'
    )


def legend(colours: Mapping[str, str]) -> Html:
    """What colours mean; each is one of the style's variables, like a."""
    rows = (
        f'<span><i style="background:var(--{text(colour)})"></i>{text(name)}</span>' for name, colour in colours.items()
    )
    return Html(f'<div class="legend">{"".join(rows)}</div>')


def missing(lacking: Sequence[str], commands: Mapping[str, str]) -> Section | None:
    """What could not be had, and what brings it; None: nothing is missing."""
    if not lacking:
        return None
    gone = joined(Html(f"<li><code>{text(one)}</code></li>") for one in lacking)
    bring = joined(Html(f"<li><code>{text(one)}</code></li>") for one in commands.values())
    right = Html(f"<div><p>Commands that bring the models:</p><ul class=plain>{bring}</ul></div>") if commands else ""
    return Section("What is missing", Html(f'<div class="two"><ul class="plain">{gone}</ul>{right}</div>'))


def clock(seconds: float) -> str:
    """A time as people read it.

    >>> clock(0.5), clock(75.25), clock(3723)
    ('0:00.5', '1:15.2', '1:02:03')
    """
    tenths = int(10 * seconds)
    hours, minutes, rest = tenths // 36_000, tenths // 600 % 60, tenths % 600
    return f"{hours}:{minutes:02d}:{rest // 10:02d}" if hours else f"{minutes}:{rest // 10:02d}.{rest % 10}"

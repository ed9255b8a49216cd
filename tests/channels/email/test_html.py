"""HTML of strangers: harmless, quick, and nothing fetched from afar."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.html import is_bearable, read, render, text_of

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p style='background:url(http://evil.example/x)'>x</p>",
    "<p style='font-family:url(http://evil.example/x)'>x</p>",
    "<p style='list-style:url(http://evil.example/x)'>x</p>",
    "<p style='color:expression(alert(1))'>x</p>",
    "<p style='color:\\75rl(http://evil.example/x)'>x</p>",
    "<p style='position:fixed;z-index:9'>x</p>",
    "<style>@import 'http://evil.example/x'</style>",
    "<link rel=stylesheet href=http://evil.example/x>",
    "<iframe src=http://evil.example/x></iframe>",
    "<video src=http://evil.example/x poster=http://evil.example/y></video>",
    "<form action=http://evil.example/x><input></form>",
    "<base href=http://evil.example/><meta http-equiv=refresh content='0;http://evil.example'>",
    "<table background=http://evil.example/x><tr><td>x</table>",
    "<img srcset='http://evil.example/x 1x'>",
    "<img src='http://evil.example/x'>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<body onload=alert(1)>",
    "<p id=x class=y name=z>x</p>",
]
HARM = re.compile(
    r"<script|<style|<iframe|<form|<svg|\son\w+=|javascript:|data:text|url\(|expression|position"
    r"|\s(?:src|srcset|href|action|background)=[\"']?http://evil|\s(?:id|class|name)=",
    re.IGNORECASE,
)


def cleaned(html: str) -> str:
    return render(read(html)).html


def test_plain_colours_stay_and_what_grows_with_its_frame_goes() -> None:
    said = cleaned("<p style='background:#fff3cd; color:#664d03; height:100vh; min-height: 50dvh; width:10em'>x</p>")

    assert said == '<p style="background:#fff3cd;color:#664d03;width:10em">x</p>'


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_does_nothing(attack: str) -> None:
    assert not HARM.search(cleaned(attack))


@given(st.lists(st.sampled_from([*ATTACKS, "<div>", "</div>", "<b>", "'", '"', ">", "<", "x"]), max_size=6))
def test_attacks_together_do_nothing(attacks: list[str]) -> None:
    assert not HARM.search(cleaned("".join(attacks)))


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    assert cleaned(cleaned(html)) == cleaned(html)


def test_ordinary_markup_stays() -> None:
    paragraph = '<p style="color:#123456;text-align:center">A <b>b</b></p>'
    html = paragraph + '<table width="100%"><tbody><tr><td>c</td></tr></tbody></table>'
    assert cleaned(html) == html


def test_a_remote_image_is_offered_and_not_fetched() -> None:
    shown = render(read('<img src="https://far.example/a.png?x=1&amp;y=2" alt="A">'))
    assert shown.blocked == 1
    assert shown.html == '<img alt="A" data-remote-src="https://far.example/a.png?x=1&amp;y=2">'


def test_text_reads_as_the_page_does() -> None:
    html = "<p>One\n  line</p><ul><li>a<li>b</ul><div>x<br>y</div><pre>  z\n  z</pre>&lt;3"
    assert text_of(html) == "One line\n\n- a\n- b\n\nx\ny\n\nz\nz\n\n<3"


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<font color=1>" * 60 + "<p>" * 40_000,
        "<dd><li>" * 24_000,
        "&" * 900_000,
        "<" * 900_000,
        "<xyz>" * 49_000,
        "<!--" * 200_000,
        '<a href="' * 20_000,
    ],
)
def test_html_built_to_stop_a_parser_is_refused_or_read_at_once(html: str) -> None:
    if is_bearable(html):
        cleaned(html)
    text_of(html)

"""Styles of strangers: what lays a mail out stays, what fetches or floats goes."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.html import read, render
from inbox_email.styles import sheet_of, with_body
from tests.channels.email.builders import mail, understood

HARM = re.compile(r"url\s*\(|@import|@font-face|expression|position|behavior|<|\\", re.IGNORECASE)


def sheet(css: str, media: str = "") -> str:
    return sheet_of(f"<head><style{media}>{css}</style></head><p>x</p>")


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".btn { color : #fff; padding:4px 8px }", ".btn{color:#fff;padding:4px 8px}"),
        ("td.a, #b > p{width:50%}", "td.a,#b > p{width:50%}"),
        ("body{margin:0} html body.x p{color:red}", ".mail-body{margin:0}.mail-body.x p{color:red}"),
        (".body-text, #html{color:red}", ".body-text,#html{color:red}"),
        ("@media only screen and (max-width:480px){.c{width:100%!important}.d{position:fixed}}",
         "@media only screen and (max-width:480px){.c{width:100%!important}}"),
        ("@media (prefers-color-scheme: dark) { .c { color: #eee } }",
         "@media (prefers-color-scheme:dark){.c{color:#eee}}"),
        ("@media print{.c{color:red}} .d{color:red}", ".d{color:red}"),
        ("<!-- .c{color:red} -->", ".c{color:red}"),
        ("/* .a{color:red} */.b{color:red}/* open", ".b{color:red}"),
        ("@import url(http://evil.example/x); .b{color:red}", ".b{color:red}"),
        ("@font-face{font-family:x;src:url(http://evil.example/x)} .b{color:red}", ".b{color:red}"),
        (".b{background:url(http://evil.example/x);color:red}", ".b{color:red}"),
        (".b{color:red;background:u\\72l(http://evil.example/x)}", ".b{color:red}"),
        (".b{background:#123456 url('http://e/x') no-repeat}", ".b{background-color:#123456}"),
        (".b{background:center url(http://e/x)}", ""),
        (".b{position:fixed;top:0;z-index:9;height:100vh}", ""),
        ('.b{font-family:"x;color:red} .c{color:blue}', ".b{color:red}.c{color:blue}"),
        ("p:has(a){color:red} p::after{color:red} .c:hover{color:red}", ".c:hover{color:red}"),
        ('td[class="foo"] a[href^=tel]{color:red}', 'td[class="foo"] a[href^=tel]{color:red}'),
        ("p{color:red", "p{color:red}"),
    ],
)  # fmt: skip
def test_a_style_sheet_keeps_what_only_lays_out(css: str, kept: str) -> None:
    assert sheet(css) == kept


def test_a_sheet_for_a_kind_of_screen_stays_one_and_one_for_paper_goes() -> None:
    assert sheet("p{color:red}", ' media="screen and (max-width: 600px)"') == (
        "@media screen and (max-width:600px){p{color:red}}"
    )
    assert sheet("p{color:red}", ' media="print"') == ""


def test_what_is_written_for_outlook_alone_is_no_sheet() -> None:
    html = (
        "<!--[if mso]><style>p{color:red}</style><body class=mso><![endif]-->"
        "<!--[if !mso]><!--><style>p{color:blue}</style><!--<![endif]--><body bgcolor=#eef1f6>x</body>"
    )

    assert sheet_of(html) == "p{color:blue}"
    assert "background-color:#eef1f6" in with_body(html)


@given(st.text(st.sampled_from("{}();:@<>\"'\\/*!,.#abc urlimport-"), max_size=200))
def test_no_sheet_harms(css: str) -> None:
    cleaned = sheet_of(f"<style>{css}</style>")

    assert not HARM.search(cleaned)
    assert cleaned.count("{") == cleaned.count("}")


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "a{" * 90_000,
        "<style>" + "a{color:red}" * 16_000 + "</style>",
        "<style>" * 100_000,
        "<!--" * 200_000,
        "<body " * 150_000,
        "<style>@media screen{" + "}" * 150_000 + "</style>",
        "<style>" + "/*" * 90_000 + "</style>",
        "<style>" + "a " * 90_000 + "{color:red}</style>",
    ],
    ids=range(8),
)
def test_a_sheet_that_is_built_to_be_slow_is_not(html: str) -> None:
    started = time.process_time()
    sheet_of(html)
    with_body(html)

    assert time.process_time() - started < 1


def test_a_body_keeps_its_looks() -> None:
    html = '<body bgcolor="#EEF1F6" text=navy style="margin:0;background:url(http://e/x)" class="wide"><p>x</p></body>'

    assert render(read(with_body(html))).html == (
        '<div style="background-color:#EEF1F6;color:navy;margin:0"><p>x</p></div>'
    )


@pytest.mark.parametrize("html", ["<p>x</p>", "<body><p>x</p></body>", '<body dir="ltr" link=blue>x</body>'])
def test_a_body_without_looks_is_left_out(html: str) -> None:
    assert with_body(html) == html


def test_names_are_shown_only_to_a_sheet_that_speaks_of_them() -> None:
    page = '<p class="a" id="b" onclick="x()">x</p>'
    with_sheet = understood(mail(f"<style>.a{{color:red}}</style>{page}", content_type="text/html"))
    without = understood(mail(page, content_type="text/html"))

    assert with_sheet.html == '<style>.a{color:red}</style><p class="a" id="b">x</p>'
    assert without.html == "<p>x</p>"
    assert with_sheet.text == without.text == "x"

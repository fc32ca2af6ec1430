"""The narrative as HTML: everything that a reader needs, nothing that a browser would run."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from carnet.standards.cda.sheet import MAX_IMAGE_BYTES, text, to_html
from tests.standards.cda.letters import PDF, PNG, narrative, perfect, self_presenting, structured

TAGS = {
    *("a", "br", "caption", "del", "div", "h2", "h3", "h4", "h5", "h6", "img", "ins", "li", "ol"),
    *("p", "section", "span", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
    "ul",
}
ATTRIBUTES = {"alt", "class", "colspan", "href", "id", "rowspan", "scope", "src", "value"}


def assert_safe(fragment: str) -> None:
    """Only tags, attributes and targets of the closed lists."""
    for element in lxml_html.fromstring(fragment).iter():
        assert element.tag in TAGS
        assert set(element.keys()) <= ATTRIBUTES
        assert element.get("href", "#cda-").startswith("#cda-")
        assert element.get("src", "data:image/").startswith("data:image/")
        for name in (element.get("class", ""), element.get("id", "")):
            assert all(part.startswith("cda-") for part in name.split())


def shown(content: str) -> str:
    fragment = to_html(narrative(content)).html
    assert_safe(fragment)
    return fragment


def test_a_level_1_shows_its_pdf() -> None:
    sheet = to_html(perfect())
    assert (sheet.title, sheet.html) == ("Lettre de liaison à la sortie", "")
    assert sheet.embedded == ("application/pdf", PDF)


def test_a_level_3_shows_its_sections_and_its_pdf_copy() -> None:
    sheet = to_html(structured())
    assert_safe(sheet.html)
    assert "<h2>Évolution &lt;b&gt;</h2>" in sheet.html
    assert "<h3>Détail</h3>" in sheet.html
    assert sheet.embedded == ("application/pdf", PDF)


def test_a_self_presenting_document_is_shown_without_its_own_stylesheet() -> None:
    wrapped = self_presenting(structured(), presentation=b"<script>alert(1)</script>")
    assert to_html(wrapped) == to_html(structured())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a &lt; b &amp; c", "a &lt; b &amp; c"),
        ('<content styleCode="Bold xBad" ID="i1">b</content>',
         '<span class="cda-bold" id="cda-id-i1">b</span>'),
        ('<content revised="delete">non</content>', "<del>non</del>"),
        ('<content revised="insert">oui</content>', "<ins>oui</ins>"),
        ("<paragraph>un<br/>deux</paragraph>", "<p>un<br>deux</p>"),
        ("<paragraph/>", "<p></p>"),
        ("x<sub>1</sub><sup>2</sup>", "x<sub>1</sub><sup>2</sup>"),
        ('<list styleCode="Circle"><item>a</item></list>',
         '<ul class="cda-circle"><li>a</li></ul>'),
        ('<list listType="ordered"><item>a</item></list>', "<ol><li>a</li></ol>"),
        ("<table><tr><th>a</th><td>b</td></tr></table>",
         '<table><tr><th scope="row">a</th><td>b</td></tr></table>'),
        ("<table><thead><tr><th>a</th></tr></thead></table>",
         '<thead><tr><th scope="col">a</th></tr></thead>'),
        ("<table><tbody><tr><th/></tr></tbody></table>", "<td></td>"),
        ('<table><tr><td colspan="2" rowspan="x&quot;">a</td></tr></table>',
         '<td colspan="2">a</td>'),
        ("<table><caption>T</caption></table>", '<caption class="cda-caption">T</caption>'),
        ('<linkHtml href="https://exemple.test">ici</linkHtml>', "<span>ici</span>"),
        ("<inconnu>mot</inconnu>", "mot"),
        ("a<!-- b -->c<?d e?>f", "acf"),
        ("<content><list><item>a</item></list></content>", "<div><ul><li>a</li></ul></div>"),
    ],
)  # fmt: skip
def test_the_narrative_is_translated(content: str, expected: str) -> None:
    assert expected in shown(content)


def test_a_footnote_stands_after_its_section() -> None:
    fragment = shown('a<footnote ID="f">note</footnote>b<footnoteRef IDREF="f"/>')
    mark = '<sup class="cda-footnote-mark"><a href="#cda-note-1">1</a></sup>'
    assert f"a{mark}b{mark}" in fragment
    assert '<ol class="cda-footnotes"><li value="1" id="cda-note-1">note</li></ol>' in fragment


def test_an_id_is_given_once() -> None:
    fragment = shown('<content ID="x">a</content><content ID="x">b</content>')
    assert fragment.count('id="cda-id-x"') == 1


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<style>body{}</style>",
        '<iframe src="https://exemple.test"/>',
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
        '<content onclick="alert(1)">a</content>',
        '<content style="background:url(x)">a</content>',
        '<linkHtml href="javascript:alert(1)">a</linkHtml>',
        '<content ID="x&quot; onload=&quot;alert(1)">a</content>',
        '<img src="https://exemple.test/a.png"/>',
        '<renderMultiMedia referencedObject="IMG&quot; onerror=&quot;alert(1)"/>',
        "<table><caption><script>alert(1)</script></caption></table>",
    ],
)
def test_nothing_active_reaches_the_page(content: str) -> None:
    fragment = shown(content)
    for word in ("script", "alert", "onclick", "onload", "style=", "exemple.test", "body{}"):
        assert word not in fragment


def with_image(media_type: str, data: bytes) -> str:
    section = (
        '<component><section><text><renderMultiMedia referencedObject="A"/></text><entry>'
        '<observationMedia classCode="OBS" moodCode="EVN" ID="A"><value representation="B64" '
        f'mediaType="{media_type}">{base64.b64encode(data).decode()}</value></observationMedia>'
        "</entry></section></component>"
    )
    fragment = to_html(structured(section)).html
    assert_safe(fragment)
    return fragment


def test_an_image_is_shown_inside_the_page() -> None:
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in with_image("image/png", PNG)


def test_an_image_is_shown_as_what_it_is_not_as_declared() -> None:
    assert "data:image/png" in with_image("image/jpeg", PNG)


@pytest.mark.parametrize(
    ("media_type", "data", "words"),
    [
        ("image/png", b"<svg onload='alert(1)'/>", "[Image non affichable]"),
        ("image/svg+xml", b"<svg/>", "[Pièce jointe du document]"),
        ("application/pdf", PDF, "[Pièce jointe du document]"),
        ("image/png", PNG + b"\0" * MAX_IMAGE_BYTES, "[Image non affichable]"),
    ],
)
def test_what_is_not_a_small_image_is_said_in_words(
    media_type: str, data: bytes, words: str
) -> None:
    fragment = with_image(media_type, data)
    assert words in fragment
    assert "<img" not in fragment


def test_a_reference_to_nothing_is_said_in_words() -> None:
    assert "[Image non affichable]" in shown('<renderMultiMedia referencedObject="B"/>')


def test_what_is_nested_too_deep_keeps_its_words() -> None:
    deep = "<content>" * 200 + "au fond" + "</content>" * 200
    assert "au fond" in shown(deep)


def test_sections_nested_too_deep_keep_their_words() -> None:
    section = "<component><section><text>au fond</text></section></component>"
    for _ in range(70):
        section = f"<component><section>{section}</section></component>"
    fragment = to_html(structured(section)).html
    assert_safe(fragment)
    assert "au fond" in fragment


def test_the_plain_text_has_one_line_a_row_or_a_paragraph() -> None:
    assert text(structured()).split("\n") == [
        "Évolution <b>",
        "Bon état général.",
        "Sortie 1",
        "le 8 mars 2024.",
        "Suites",
        "repos",
        "suivi",
        "Résultats",
        "Analyse Valeur",
        "INR 2,5",
        "Courbe",
        "une page",
        "Détail",
        "Rien à signaler",
        "Copie du document",
        "Voir le PDF.",
    ]


def test_the_plain_text_of_a_level_1_is_empty() -> None:
    assert text(perfect()) == ""


def test_the_plain_text_leaves_scripts_out() -> None:
    assert text(narrative("a<script>alert(1)<b>x</b></script>b")) == "ab"


@given(
    st.recursive(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))).map(
            lambda t: t.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "")
        ),
        lambda inner: st.tuples(
            st.sampled_from(
                (
                    *("content", "paragraph", "list", "item", "table", "tr", "td", "th", "thead"),
                    *("caption", "script", "footnote", "linkHtml", "sub", "a", "svg"),
                )
            ),
            st.sampled_from(
                ["", ' ID="a"', ' href="javascript:x"', ' onclick="x"', ' colspan="9"']
            ),
            st.lists(inner, max_size=4),
        ).map(lambda t: f"<{t[0]}{t[1]}>{''.join(t[2])}</{t[0]}>"),
        max_leaves=20,
    )
)
def test_any_narrative_becomes_safe_html(content: str) -> None:
    shown(content)
    text(narrative(content))


def test_the_published_examples_are_shown_with_their_words(examples: Path) -> None:
    for path in sorted((examples / "cda").glob("*.xml")):
        document = path.read_bytes()
        sheet = to_html(document)
        assert sheet.title
        if sheet.html:
            assert_safe(sheet.html)
            words = " ".join(lxml_html.fromstring(sheet.html).text_content().split())
            for line in text(document).split("\n"):
                first = line.split()[0]
                assert first in words, path.name

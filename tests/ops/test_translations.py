import gettext
import io
import shutil
import subprocess

import pytest

from carnet.ops import translations
from carnet.ops.translations import CatalogueError

CATALOGUE = """# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: somewhere
msgid "Un \\"mot\\"\\n"
"sur deux lignes"
msgstr "A \\"word\\"\\n"
"on two lines"

msgctxt "menu"
msgid "Accès"
msgstr "Access"

msgid "Accès"
msgstr "Accesses"

msgid "%(n)d document"
msgid_plural "%(n)d documents"
msgstr[0] "%(n)d paper"
msgstr[1] "%(n)d papers"

#, fuzzy
msgid "Peut-être"
msgstr "Maybe"

msgid "Pas encore"
msgstr ""
"""


@pytest.fixture
def po(tmp_path):
    folder = tmp_path / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    path = folder / "django.po"
    path.write_text(CATALOGUE)
    return path


@pytest.fixture
def catalogue(po):
    return gettext.GNUTranslations(io.BytesIO(translations.compiled(translations.read(po))))


def test_a_text_on_several_lines_is_translated(catalogue):
    assert catalogue.gettext('Un "mot"\nsur deux lignes') == 'A "word"\non two lines'


def test_a_context_tells_two_messages_apart(catalogue):
    assert catalogue.gettext("Accès") == "Accesses"
    assert catalogue.pgettext("menu", "Accès") == "Access"


@pytest.mark.parametrize(("number", "expected"), [(1, "%(n)d paper"), (3, "%(n)d papers")])
def test_a_plural_is_chosen(catalogue, number, expected):
    assert catalogue.ngettext("%(n)d document", "%(n)d documents", number) == expected


@pytest.mark.parametrize("message", ["Peut-être", "Pas encore"])
def test_a_doubtful_or_empty_translation_is_left_out(catalogue, message):
    assert catalogue.gettext(message) == message


def test_a_line_that_is_neither_keyword_nor_text_is_refused_by_its_place(po):
    po.write_text(CATALOGUE + "\nmsgid unquoted\n")
    with pytest.raises(CatalogueError, match=r"django\.po:\d+"):
        translations.read(po)


def test_gnu_gettext_reads_the_same_messages(po, tmp_path):
    msgunfmt = shutil.which("msgunfmt")
    if msgunfmt is None:
        pytest.skip("GNU gettext is not installed: it is the oracle of this test")
    mo = tmp_path / "x.mo"
    mo.write_bytes(translations.compiled(translations.read(po)))
    shown = subprocess.run([msgunfmt, mo], capture_output=True, text=True, check=True).stdout
    assert shown.count("msgid ") == 5


def test_what_is_not_translated_or_not_compiled_is_told(po, tmp_path):
    (tmp_path / "page.py").write_text('title = _("Accès")\nother = pgettext("menu", "Sortie")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        "{% load i18n %}{% translate 'Bonjour' %}"
        "{% blocktranslate trimmed %}\n  Au revoir\n{% endblocktranslate %}"
    )
    told = "\n".join(translations.problems(tmp_path))
    assert "django.mo is not what django.po gives" in told
    for missing in ("'menu\\x04Sortie'", "'Bonjour'", "'Au revoir'"):
        assert missing in told
    assert "'Accès'" not in told

"""Pages, errors and numbers in the reader's language."""

import pytest
from django.test import Client
from django.utils.translation import override

from apps.core.codes import barcode_svg
from apps.core.errors import InvalidInput
from mes_erp import translations
from mes_erp.extraction import texts_of_python, texts_of_template


def test_extraction_of_python() -> None:
    source = (
        "from django.utils.translation import gettext as _, ngettext\n"
        "_('one ' 'text')\nngettext('{n} day', '{n} days', n)\n_(name)\nother('no text')\n"
    )
    found = [(text.message, text.plural) for text in texts_of_python(source)]
    assert found == [("one text", None), ("{n} day", "{n} days")]


def test_extraction_refuses_f_strings() -> None:
    source = "from django.utils.translation import gettext as _\n_(f'{x} lots')\n"
    with pytest.raises(ValueError, match="line 2: an f-string"):
        list(texts_of_python(source))


def test_extraction_of_templates() -> None:
    source = (
        "{% load i18n %}\n  <p title=\"it's\">{% trans 'Lot' %}</p>\n"
        "{% blocktrans count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktrans %}"
    )
    found = [(text.message, text.plural) for text in texts_of_template(source, "x.html")]
    assert found == [("Lot", None), ("%(n)s row", "%(n)s rows")]


def test_placeholders_and_tags_count() -> None:
    one = translations.placeholders("<b>%(n)s</b> of {total}, 5 %")
    assert one == {"<b>": 1, "%(n)s": 1, "</b>": 1, "{total}": 1}


@pytest.mark.parametrize(
    ("language", "detail"),
    [
        ("en", "There is no barcode qr9."),
        ("de", "Einen Barcode qr9 gibt es nicht."),
        ("es", "No existe el código de barras qr9."),
    ],
)
def test_error_in_language(language: str, detail: str) -> None:
    with override(language), pytest.raises(InvalidInput) as refused:
        barcode_svg("A", kind="qr9")
    assert refused.value.message == detail


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "es"])
def test_sign_in_offers_languages(client: Client, language: str) -> None:
    page = client.get("/accounts/login/", headers={"Accept-Language": language})
    text = page.content.decode()
    assert f'<html lang="{language}">' in text
    for code in ("en", "de", "es"):
        assert f'value="{code}"' in text

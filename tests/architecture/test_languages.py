"""Catalogues fit the code. After new texts: `manage.py messages`, translate what it lists."""

from functools import cache

import pytest

from mes_erp import translations
from mes_erp.extraction import Text

#: Apps whose every text is translated; an app joins when it is, and never leaves.
BOTH = ("core", "crm", "engineering", "finance", "hr", "integration", "inventory")
BOTH += ("execution", "maintenance", "masterdata", "planning", "projects", "quality", "reporting")
BOTH += ("supply_chain",)
COMPLETE = {"de": BOTH, "es": BOTH}


@cache
def untranslated(language: str) -> list[Text]:
    """Reading code and catalogue takes seconds: once in a process."""
    return translations.untranslated(language)


def missing_below(language: str, *folders: str) -> list[str]:
    return [
        text.message
        for text in untranslated(language)
        if any(place.startswith(folders) for place in text.places)
    ]


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_catalogue_fits_the_code(language: str) -> None:
    """Texts, plural forms, placeholders, tags, nothing fuzzy."""
    faults = translations.faults(language)
    assert not faults, "run `manage.py messages`, then mend:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("language", "app"), [(language, app) for language, apps in COMPLETE.items() for app in apps]
)
def test_part_is_translated(language: str, app: str) -> None:
    missing = missing_below(language, f"apps/{app}/")
    assert not missing, "run `manage.py messages` and translate:\n" + "\n".join(missing)


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_what_no_app_says_is_translated(language: str) -> None:
    missing = missing_below(language, "mes_erp/", "locale/")
    assert not missing, "run `manage.py messages` and translate:\n" + "\n".join(missing)


def test_a_text_without_translation_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: an empty catalogue lacks what the kernel says."""
    monkeypatch.setattr(
        translations, "read_catalog", lambda language: translations.Catalog(locale=language)
    )
    found = translations.untranslated("de")
    assert any(place.startswith("apps/core/") for text in found for place in text.places)

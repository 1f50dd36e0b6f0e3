"""Catalogues fit the code. After new texts: `manage.py messages`, translate what it lists."""

import pytest

from mes_erp import translations

#: Apps whose every text is translated; an app joins when it is, and never leaves.
BOTH = ("core", "crm", "engineering", "finance", "hr", "integration", "inventory")
BOTH += ("execution", "maintenance", "masterdata", "planning", "projects", "quality", "reporting")
BOTH += ("supply_chain",)
COMPLETE = {"de": BOTH, "es": BOTH}


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_catalogue_fits_the_code(language: str) -> None:
    """Texts, plural forms, placeholders, tags, nothing fuzzy."""
    faults = translations.faults(language)
    assert not faults, "run `manage.py messages`, then mend:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("language", "app"), [(language, app) for language, apps in COMPLETE.items() for app in apps]
)
def test_part_is_translated(language: str, app: str) -> None:
    missing = translations.untranslated(language, f"apps/{app}/")
    assert not missing, "run `manage.py messages` and translate:\n" + "\n".join(missing)


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_what_no_app_says_is_translated(language: str) -> None:
    missing = translations.untranslated(language, "mes_erp/")
    missing += translations.untranslated(language, "locale/")
    assert not missing, "run `manage.py messages` and translate:\n" + "\n".join(missing)

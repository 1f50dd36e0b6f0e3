"""Catalogues fit the code. After new texts: `manage.py messages`, translate what it lists."""

import pytest

from mes_erp import translations

#: Parts whose every text is translated; a part joins when it is, and never leaves.
PARTS = (
    "apps/core/",
    "apps/masterdata/",
    "apps/finance/",
    "apps/inventory/",
    "apps/supply_chain/",
    "mes_erp/",
)
COMPLETE = {"de": ("",), "es": PARTS}


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_catalogue_fits_the_code(language: str) -> None:
    """Texts, plural forms, placeholders, tags, nothing fuzzy."""
    faults = translations.faults(language)
    assert not faults, "run `manage.py messages`, then mend:\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("language", "folder"),
    [(language, folder) for language, folders in COMPLETE.items() for folder in folders],
)
def test_part_is_translated(language: str, folder: str) -> None:
    missing = translations.untranslated(language, folder)
    assert not missing, "run `manage.py messages` and translate:\n" + "\n".join(missing)

"""A published list of strings that break programs: kept as they are, or refused with a reason."""

from __future__ import annotations

import html
import json
import os
from pathlib import Path

import pytest
from django.conf import settings

from apps.core.models import Company, User
from apps.masterdata.models import Partner
from tests.support.faces import ApiClient, codes, make_member

CASES = Path(os.environ.get("MES_ERP_CASES", Path(settings.BASE_DIR).parent / "shared" / "cases"))
STRINGS = CASES / "11-robustness" / "blns.json"
REASONS = {"blank", "control_character", "line_break", "max_length"}
pytestmark = pytest.mark.skipif(
    not STRINGS.is_file(), reason="the published cases are not here (MES_ERP_CASES)"
)


def test_each_string_is_kept_or_refused_and_never_runs(company: Company, by: User) -> None:
    grants = ("masterdata.add_partner", "masterdata.view_partner", "masterdata.change_partner")
    api = ApiClient(make_member("clerk", company, permissions=grants))
    kept = 0
    for number, text in enumerate(json.loads(STRINGS.read_text(encoding="utf-8"))):
        body = {"code": f"N{number}", "name": text, "currency": company.currency_id}
        answer = api.post("/masterdata/partners/", body)
        if answer.status_code == 201:
            assert answer.body["name"] == text.strip(), (number, text)
            row = Partner.objects.get(pk=answer.body["id"])
            assert row.name == text.strip()
            kept += 1
            continue
        assert answer.status_code == 400, (number, text, answer.content)
        [(field, code)] = codes(answer)
        assert (field, code in REASONS) == ("name", True), (number, text, code)
        assert not Partner.objects.filter(code=f"N{number}").exists()
    assert kept > 150
    page = api.client.get("/admin/masterdata/partner/?q=N").content.decode()
    for name in Partner.objects.values_list("name", flat=True):
        if "<" in name:
            assert name not in page or html.escape(name) == name, name

"""Imports through the API: all rows or none, with history, in few statements."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile as Upload
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Company, User
from apps.core.tables import read_table
from apps.masterdata.models import Item, ItemCategory, ReasonCode
from apps.masterdata.resources import ItemResource, ReasonCodeResource
from tests.support.faces import ApiClient, codes, make_member

IMPORT = "/masterdata/items/import/"
HEADER = "code,name,category,unit,purchase_price\n"

pytestmark = pytest.mark.usefixtures("nouns")


def csv_of(*lines: str, header: str = HEADER) -> Upload:
    return Upload("items.csv", (header + "\n".join(lines) + "\n").encode())


def test_all_rows_are_written_with_who_and_why(api: ApiClient, clerk: User) -> None:
    answer = api.upload(IMPORT, file=csv_of("007,Seven,RAW,EA,1.5", "1E5,Big,RAW,EA,"), reason="Q1")
    assert answer.status_code == 200, answer.content
    assert answer.body == {"dry_run": False, "created": 2, "updated": 0, "unchanged": 0}
    entry = Item.objects.get(code="007").history.get()
    assert (entry.history_user, entry.history_change_reason, entry.history_type) == (
        clerk,
        "Q1",
        "+",
    )
    again = api.upload(IMPORT, file=csv_of("007,Seven new,RAW,EA,1.5", "1E5,Big,RAW,EA,"))
    assert (again.body["updated"], again.body["unchanged"]) == (1, 1)
    item = Item.objects.get(code="007")
    assert (item.version, item.history.count(), item.name) == (2, 2, "Seven new")
    assert Item.objects.get(code="1E5").history.count() == 1


def test_a_dry_run_tells_all_and_writes_nothing(api: ApiClient) -> None:
    file = csv_of("A,Good,RAW,EA,1", "B,Bad,NONE,EA,x", "A,Twice,RAW,EA,1")
    answer = api.upload(f"{IMPORT}?dry_run=true", file=file)
    assert answer.status_code == 200
    told = [(e["row"], e["attr"], e["code"]) for e in answer.body["errors"]]
    assert told == [
        (3, "category", "does_not_exist"),
        (3, "purchase_price", "invalid"),
        (4, "code", "duplicate"),
    ]
    fine = api.upload(f"{IMPORT}?dry_run=true", file=csv_of("A,Good,RAW,EA,1"))
    assert (fine.body["created"], fine.body["errors"]) == (1, [])
    assert Item.objects.count() == 0 and Item.history.count() == 0


def test_one_wrong_row_stops_all(api: ApiClient) -> None:
    answer = api.upload(IMPORT, file=csv_of("A,Good,RAW,EA,1", "B,Bad,RAW,EA,-1"), key="k")
    assert (answer.status_code, codes(answer)) == (422, [("purchase_price", "negative")])
    assert answer.body["errors"][0]["row"] == 3
    assert Item.objects.count() == 0
    assert api.upload(IMPORT, file=csv_of("A,Good,RAW,EA,1"), key="k").status_code == 200
    replay = api.upload(IMPORT, file=csv_of("A,Good,RAW,EA,1"), key="k")
    assert replay["Idempotent-Replay"] == "true"
    other = api.upload(IMPORT, file=csv_of("B,Other,RAW,EA,1"), key="k")
    assert other.status_code == 422


def test_a_rule_of_the_service_names_the_line(api: ApiClient) -> None:
    header = "code,name,category,unit,kind,tracking\n"
    file = csv_of("A,Good,RAW,EA,purchased,lot", "S,Bad,RAW,EA,service,lot", header=header)
    answer = api.upload(IMPORT, file=file)
    assert (answer.status_code, codes(answer)) == (422, [("tracking", "not_tracked")])
    assert answer.body["errors"][0]["row"] == 3
    assert Item.objects.count() == 0


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (csv_of("A,B", header="code,nmae\n"), "unknown_column"),
        (csv_of("A", header="name\n"), "missing_column"),
        (Upload("x.csv", b"code,name\nA,caf\xe9\n"), "not_utf8"),
        (Upload("x.xlsx", b"nonsense"), "file_mismatch"),
        (csv_of("A,Name", header="code,company\n"), "unknown_column"),
        (csv_of("A,7", header="code,version\n"), "unknown_column"),
    ],
)
def test_files_that_cannot_be_are_refused(api: ApiClient, file: Upload, code: str) -> None:
    file.seek(0)
    answer = api.upload(IMPORT, file=file)
    assert (answer.status_code, codes(answer)) == (422, [("file", code)])


def test_another_companys_nouns_do_not_exist(api: ApiClient, other: Company, by: User) -> None:
    ItemCategory(company=other, code="SECRET", name="S").save_by(by)
    answer = api.upload(IMPORT, file=csv_of("A,X,SECRET,EA,1"))
    assert codes(answer) == [("category", "does_not_exist")]
    refused = api.upload(IMPORT, file=csv_of("A,X,RAW,EA,1"), company="OTHER")
    assert codes(refused) == [("company", "does_not_exist")]
    viewer = ApiClient(make_member("viewer", other, permissions=("masterdata.view_item",)))
    assert viewer.upload(IMPORT, file=csv_of("A,X,RAW,EA,1")).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_exported_can_be_imported_unchanged(
    api: ApiClient, acme: Company, nouns: dict[str, Any], by: User, kind: str
) -> None:
    for code, name in (("007", "=1+1"), ("-5", "'=x"), ("1E5", 'a,b"c\nd')):
        Item(company=acme, code=code, name=name, purchase_price="1.5", **nouns).save_by(by)
    Item.objects.filter(code="1E5").update(name='a,b"c')
    answer = api.get(f"/masterdata/items/export/?as={kind}&kind=purchased")
    assert answer.status_code == 200
    again = api.upload(IMPORT, file=Upload(f"items.{kind}", answer.content))
    assert again.status_code == 200, again.content
    assert again.body["unchanged"] == 3
    assert api.get("/masterdata/items/export/?as=pdf").status_code == 400
    assert api.get("/masterdata/items/export/?page_size=3").status_code == 400


def test_many_rows_take_few_statements(acme: Company, by: User) -> None:
    def statements(rows: int, prefix: str) -> int:
        lines = "".join(f"{prefix}{n},Name,RAW,EA,1\n" for n in range(rows))
        table = read_table("x.csv", (HEADER + lines).encode())
        with CaptureQueriesContext(connection) as queries:
            report = ItemResource().run_import(table, company=acme, by=by)
        assert report.errors == [] and report.count("created") == rows
        return len(queries)

    few = statements(10, "A")
    assert statements(1000, "B") <= few + 4
    assert Item.history.count() == 1010


def test_a_reason_cannot_stand_above_itself(acme: Company, by: User) -> None:
    top = ReasonCode(company=acme, code="TOP", name="Top", kind="scrap").save_by(by)
    ReasonCode(company=acme, code="SUB", name="Sub", kind="scrap", parent=top).save_by(by)
    table = read_table("x.csv", b"code,name,kind,parent\nTOP,Top,scrap,SUB\n")
    report = ReasonCodeResource().run_import(table, company=acme, by=by)
    assert [(e.row, e.field, e.code) for e in report.errors] == [(2, "parent", "circular")]
    table = read_table("x.csv", b"code,name,kind,parent\nDOWN,Stop,downtime,TOP\n")
    report = ReasonCodeResource().run_import(table, company=acme, by=by)
    assert [e.code for e in report.errors] == ["other_kind"]

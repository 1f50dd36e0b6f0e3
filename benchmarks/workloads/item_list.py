"""W9: a list of 100 of 1,000,000 rows with four relations, through the whole API in process.

Pages lie all over the list: the first ones and those deep inside cost the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import RequestFactory
from knox.models import AuthToken

from apps.core.api.paging import encode
from apps.core.models import User
from apps.masterdata.models import Item
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    statements_of,
)
from benchmarks.plant import new_books, new_clerk
from benchmarks.workloads import Options, against_bare, filling
from tests.factories import Books

ROWS, QUICK_ROWS = 1_000_000, 50_000
PAGE = 100
LAST_ID = 2**62  # behind every row of that code
PATH = "/api/v1/masterdata/items/"
FILL = """
INSERT INTO masterdata_item (version, created_at, updated_at, company_id, code, name, is_active,
       category_id, unit_id, kind, tracking, revision, description, requires_supplier_lot,
       purchase_price, sales_price, lead_time_days, default_supplier_id)
SELECT 1, now(), now(), %(company)s, 'IT-' || lpad(n::text, 7, '0'), 'Item number ' || n, true,
       (%(categories)s::bigint[])[1 + n %% cardinality(%(categories)s)], %(unit)s, 'purchased',
       'none', 'A', '', false, n %% 1000, n %% 1500, n %% 30,
       (%(suppliers)s::bigint[])[1 + n %% cardinality(%(suppliers)s)]
  FROM generate_series(1, %(rows)s) AS g(n) ORDER BY n
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    user = User.objects.get(pk=new_clerk(books, "core", "masterdata", "finance", "inventory"))
    rows = QUICK_ROWS if options.is_quick else ROWS
    with filling() as said:
        fill(database, books, rows)
    api = Api(user)
    with database.connect() as own:
        bare_list = BareList(own, books)
        check_same(api, bare_list, rows)
        count = statements_of(lambda: api.page(key_of(7, rows)))
        # The page number jumps, so that no page is read twice in a row.
        found = compare(
            Side(lambda n: api.page(key_of(n * 7919, rows)), database.django_clock),
            Side(lambda n: bare_list.page(key_of(n * 7919, rows)), Clock(own.info.backend_pid)),
            seconds=options.seconds,
        )
    yield against_bare(
        "W9",
        f"page of {PAGE} of {rows:,} items with 4 relations, as JSON",
        found,
        goal=3.0,
        statements=count,
        most_statements=3,
        note=said[0],
    )


def key_of(number: int, rows: int) -> str:
    """The code after which page ``number`` begins."""
    return f"IT-{number * PAGE % (rows - PAGE):07d}"


class Api:
    """Requests that pass every middleware, the router, the token, permissions and the renderer."""

    def __init__(self, user: User) -> None:
        _token, self.token = AuthToken.objects.create(user=user)
        self.handler = BaseHandler()
        self.handler.load_middleware()
        self.requests = RequestFactory(
            SERVER_NAME="localhost", HTTP_AUTHORIZATION=f"Token {self.token}"
        )

    def page(self, after: str) -> bytes:
        cursor = encode(("code", "id"), (after, LAST_ID))
        response: Any = self.handler.get_response(
            self.requests.get(PATH, {"cursor": cursor, "page_size": PAGE})
        )
        if response.status_code != 200:
            raise RuntimeError(response.content)
        return bytes(response.content)


class BareList:
    """One statement and orjson."""

    def __init__(self, own: bare.Connection, books: Books) -> None:
        self.own, self.company_id = own, books.company.pk
        columns = ", ".join(
            f"i.{field.column}" for field in Item._meta.concrete_fields if field.name != "version"
        )
        self.names = [f.attname for f in Item._meta.concrete_fields if f.name != "version"]
        self.names += ["company", "category", "unit", "supplier"]
        self.statement = f"""
            SELECT {columns}, i.version, c.code, t.code, u.code, s.code FROM masterdata_item i
              JOIN core_company c ON c.id = i.company_id
              JOIN masterdata_itemcategory t ON t.id = i.category_id
              JOIN masterdata_unit u ON u.id = i.unit_id
              LEFT JOIN masterdata_partner s ON s.id = i.default_supplier_id
             WHERE i.company_id = %s AND i.code > %s ORDER BY i.code, i.id LIMIT {PAGE + 1}
        """  # noqa: S608 - columns of the model

    def page(self, after: str) -> bytes:
        self.own.autocommit = True
        rows = self.own.execute(self.statement, [self.company_id, after]).fetchall()
        found = [dict(zip(self.names, row, strict=False)) for row in rows[:PAGE]]
        return orjson.dumps({"results": found}, default=_text)


def _text(value: Decimal) -> str:
    return format(value, "f")


def check_same(api: Api, bare_list: BareList, rows: int) -> None:
    """Both must give the same rows in the same order, and count none."""
    for number in (0, rows // PAGE // 2):
        ours = orjson.loads(api.page(key_of(number, rows)))["results"]
        limit = orjson.loads(bare_list.page(key_of(number, rows)))["results"]
        if len(ours) != PAGE or [row["id"] for row in ours] != [row["id"] for row in limit]:
            raise AssertionError("the API and the bare SQL list other rows")
    with connection.execute_wrapper(_refuse_count):
        api.page(key_of(1, rows))


def _refuse_count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if "COUNT(" in sql.upper():
        raise AssertionError(f"a list counts: {sql}")
    return execute(sql, params, many, context)


def fill(database: Database, books: Books, rows: int) -> None:
    values = {
        "company": books.company.pk,
        "rows": rows,
        "unit": books.unit().pk,
        "categories": [books.category(f"CAT{n}").pk for n in range(20)],
        "suppliers": [books.partner(f"SUP{n}").pk for n in range(200)],
    }
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("SET synchronous_commit = off")
        admin.execute(FILL, values)
    database.settle()

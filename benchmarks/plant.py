"""The company that workloads work in, and the person who works."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib.auth.models import Group, Permission

from apps.core.backends import load_user
from apps.core.models import Membership, User
from tests.factories import Books, make_books, make_user

DAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def new_books() -> Books:
    """A company with the standard chart, and the year 2026 open."""
    return make_books("BENCH", by=make_user("bench"))


def new_clerk(books: Books, *apps: str) -> int:
    """The id of a user in the role of a clerk: all permissions of ``apps``, by a group."""
    user = User.objects.create_user("clerk", is_staff=True)
    Membership.objects.create(user=user, company=books.company)
    group = Group.objects.create(name="clerks")
    group.permissions.set(Permission.objects.filter(content_type__app_label__in=apps))
    user.groups.add(group)
    return user.pk


def signed_in(user_id: int, *permissions: str) -> User:
    """The user as each request reads him: afresh, with permissions and scope, and asked for both.

    Raises ``PermissionError`` when one is missing.
    """
    user = load_user(user_id)
    if user is None or not user.has_perms(permissions) or not user.scope.company_ids:
        raise PermissionError(permissions)
    return user

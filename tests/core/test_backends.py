"""Permissions come as ids; their names are kept by the process."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from apps.core.backends import load_user
from apps.core.models import Company, User
from tests.support.faces import make_member


def allowed(user: User, name: str) -> bool:
    found = load_user(user.pk)
    return found is not None and found.has_perm(name)


def test_what_is_given_and_taken_counts_at_once(company: Company) -> None:
    user = make_member("reader", company)
    new = Permission.objects.create(
        codename="wink", name="Can wink", content_type=ContentType.objects.get_for_model(Company)
    )
    role = Group.objects.create(name="winker")
    assert not allowed(user, "core.wink")
    user.user_permissions.add(new)
    assert allowed(user, "core.wink"), "a name this process has not seen"
    assert not allowed(user, "core.view_company")
    user.user_permissions.clear()
    assert not allowed(user, "core.wink")
    user.groups.add(role)
    role.permissions.add(new)
    assert allowed(user, "core.wink")
    role.permissions.clear()
    assert not allowed(user, "core.wink")

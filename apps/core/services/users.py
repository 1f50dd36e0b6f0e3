"""Users that programs are: made, given roles and switched off, never by raising anybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Membership, Site, User
from apps.core.transactions import unit_of_work


def create_service_user(
    username: str,
    *,
    name: str,
    company: Company,
    sites: Sequence[Site] = (),
    roles: Iterable[str] = (),
    by: User,
) -> User:
    """A user without password, e-mail and admin, member of ``company`` (all its sites, or some).

    Raises ``BusinessError`` when ``by`` lacks what the roles allow.
    """
    with unit_of_work():
        if User.objects.filter(username=username).exists():
            raise BusinessError(
                "already_exists", _("There is a user {name}.").format(name=username), field="code"
            )
        user = User(username=username, first_name=name[:150], is_staff=False)
        user.set_unusable_password()
        user.save()
        membership = Membership.objects.create(user=user, company=company)
        membership.sites.set(sites)
        set_roles(user, roles=roles, by=by)
    return user


def let_in(user: User, *, company: Company) -> Membership:
    """Make ``user`` a member of ``company``, all sites, if there is no membership yet.

    A membership alone opens nothing: what may be done there, roles and accesses say.
    """
    return Membership.objects.get_or_create(user=user, company=company)[0]


def set_roles(user: User, *, roles: Iterable[str], by: User) -> None:
    """Make ``user`` hold exactly ``roles``. Nobody gives what he lacks."""
    names = set(roles)
    with unit_of_work():
        groups = list(Group.objects.filter(name__in=names))
        if unknown := names - {group.name for group in groups}:
            raise InvalidInput(
                "does_not_exist",
                _("There is no role {names}.").format(names=", ".join(sorted(unknown))[:200]),
                field="roles",
            )
        _check_gift(groups, by)
        user.groups.set(groups)


def set_active(user: User, *, is_active: bool) -> None:
    """Let ``user`` in, or shut it out."""
    with unit_of_work():
        if user.is_active != is_active:
            user.is_active = is_active
            user.save(update_fields=["is_active"])


def _check_gift(groups: Sequence[Group], by: User) -> None:
    if by.is_superuser:
        return
    own = by.get_all_permissions()
    for app, code in Permission.objects.filter(group__in=groups).values_list(
        "content_type__app_label", "codename"
    ):
        if f"{app}.{code}" not in own:
            raise BusinessError(
                "role_exceeds_own",
                _("You can't give a right that you lack: {right}.").format(right=f"{app}.{code}"),
                field="roles",
            )

"""Who acts proves once more who that is (21 CFR 11.200: two components)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError

LASTS = timedelta(minutes=5)


class WrongPassword(BusinessError):
    """The password is not the caller's; wrong tries count towards the lock-out."""

    status = 401


@dataclass(frozen=True, slots=True)
class Proof:
    """That the user gave the password just now; only ``prove_identity`` makes one."""

    user_id: int
    at: datetime

    def is_good_for(self, user: Any) -> bool:
        return self.user_id == user.pk and timezone.now() - self.at < LASTS


def prove_identity(user: Any, password: str, *, request: Any) -> Proof:
    """Raise ``WrongPassword`` unless ``password`` is that of ``user``.

    It goes through the sign-in's own backends, so that guessing here locks out like there. Call it
    outside the transaction of the act: a miss must be counted though nothing else is written.
    """
    found = authenticate(request, username=user.get_username(), password=password)
    if found is None or found.pk != user.pk:
        raise WrongPassword("wrong_password", _("This is not your password."), field="password")
    return Proof(user.pk, timezone.now())

"""How people come in: by name and password, a second factor or passkey, or single sign-on.

Accounts are made by a superuser only, never by signing up; an identity provider's user is let in
when an account with the same verified e-mail address exists. Lock-out is django-axes' alone.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Nobody opens an account for himself."""

    def is_open_for_signup(self, request: Any) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """An identity provider opens no accounts either."""

    def is_open_for_signup(self, request: Any, sociallogin: Any) -> bool:
        return False

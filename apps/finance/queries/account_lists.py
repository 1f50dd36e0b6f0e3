"""Lists of accounts as people write them: ``1000..1099, 1150, !1020``."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class AccountList:
    """Codes and ranges (both ends included, in the order of text), less what is left out."""

    taken: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    def has(self, code: str) -> bool:
        is_taken = not self.taken or any(first <= code <= last for first, last in self.taken)
        return is_taken and not any(first <= code <= last for first, last in self.left_out)


EVERY = AccountList()


def read_accounts(text: str) -> AccountList:
    """Raises ``InvalidInput`` naming the part that can't be read."""
    taken: list[tuple[str, str]] = []
    left_out: list[tuple[str, str]] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        is_out = part.startswith("!")
        first, dots, last = (piece.strip() for piece in part.removeprefix("!").partition(".."))
        if not first or (dots and not last) or ".." in last or (dots and first > last):
            raise InvalidInput(
                "bad_range", _("“{text}” is no account or range.").format(text=part[:60]),
                field="accounts",
            )  # fmt: skip
        (left_out if is_out else taken).append((first, last or first))
    return AccountList(tuple(taken), tuple(left_out))

#!/usr/bin/env python3
"""The one entry: `python3 manage.py demo`, `python3 manage.py test`, and every Django command.

Only the standard library is imported until the environment is known to be complete.
"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mes_erp.settings.local")
    from mes_erp import bootstrap

    bootstrap.ensure(sys.argv)

    from mes_erp import postgres

    postgres.start_for(sys.argv)

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

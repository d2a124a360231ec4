"""What names are sorted by: a field that both databases sort in the same way, and expressions that have an index."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q
from django.db.models.functions import Coalesce, Lower

from learn import typed

# Expressions without values: SQLite does not see that a value is the one that stands in an index. `makemigrations`
# wants the arguments in the order of their names.
_FULL_NAME = Func(
    "first_name", "last_name", arg_joiner=" || ' ' || ", output_field=models.CharField(),
    template="NULLIF(TRIM(%(expressions)s), '')",
)  # fmt: skip
PERSON = Coalesce(_FULL_NAME, "username")  # `str(person)` of somebody who has a sign-in name
BY_NAME = Lower(PERSON)
# An index of the staff alone, who are few among the learners: without it, each list of theirs would read all users. By
# its last two columns they are counted without their rows, which lie far apart. A sign-in pays 5 to 10 microseconds.
STAFF = (BY_NAME, F("id"), F("is_active"), F("last_login"))
CLOSED_LAST = ExpressionWrapper(Q(closed__isnull=False), models.BooleanField())  # of care teams


class SortKey(models.CharField):  # type: ignore[type-arg]  # it takes none when the program runs
    """The words of another field as `typed.fold` writes them, set by each save. Both databases sort it by code points.

    PostgreSQL would sort the field itself by the rules of its own locale, and SQLite would put "Zed" before "alice".
    """

    def __init__(self, *, of: str, max_length: int = 200, **more: Any) -> None:
        more |= {"db_default": "", "editable": False}
        super().__init__(max_length=max_length, **more)
        self.of = of

    def deconstruct(self) -> Any:
        """Return what a migration needs to make the field again."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"of": self.of}

    def db_parameters(self, connection: Any) -> Any:
        """Return the type and the collation of the column. SQLite compares code points by default."""
        found = super().db_parameters(connection)
        return found | {"collation": "C"} if connection.vendor == "postgresql" else found

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Set the field from the other one, also for `bulk_create`. An UPDATE of the other one alone must set both."""
        key = typed.fold(getattr(model_instance, self.of))[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key

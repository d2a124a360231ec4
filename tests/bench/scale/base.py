"""Make the staff and the teams that are measured at every size: `python -m tests.bench.scale.base`.

noor has 35 patients, oak a team of 2,000, ten ten teams of ten; lena leads the first two. eda writes, ivy is IT.
"""

from __future__ import annotations

import json

import django

django.setup()

from django.contrib.auth.models import Group  # noqa: E402 - apps must be ready first
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from learn.desk.admin.pages import PAGE  # noqa: E402
from learn.people import roles  # noqa: E402
from learn.people.models import Membership, User  # noqa: E402
from learn.people.sessions import SessionStore  # noqa: E402
from quizzes.models import Revision, State  # noqa: E402
from tests.cast import make_nurse, make_team, right, wrong  # noqa: E402

MAPLE, TEN, OAK = 35, 10, 2_000


@transaction.atomic
def make() -> None:
    """Make the staff, and the tables from which seed.sql reads."""
    teams = [(make_team("Maple team"), MAPLE, "noor"), (make_team("Oak team"), OAK, "oak")]
    teams += [(make_team(f"Small team {n}"), TEN, "ten") for n in range(10)]
    for n in range(PAGE):  # so that IT's lists fill a page at every size
        make_nurse(f"nurse{n}", make_team(f"Ward {n}"))
    nurses = {name: make_nurse(name) for name in ("noor", "oak", "ten", "lena")}
    nurses["lena"].groups.set(Group.objects.filter(name=roles.LEAD))
    for team, _, name in teams:
        Membership.objects.create(care_team=team, nurse=nurses[name], started=timezone.now())
    for team, *_ in teams[:2]:
        Membership.objects.create(care_team=team, nurse=nurses["lena"], started=timezone.now(), lead=True)
    for name, role in (("eda", roles.EDUCATOR), ("ivy", roles.IT)):
        User.objects.create_user(name, is_staff=True).groups.set(Group.objects.filter(name=role))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE seed_given (revision bigint, mark text, given jsonb, PRIMARY KEY (revision, mark))"
        )
        cursor.execute("CREATE TABLE seed_team (first int, last int, team bigint, nurse bigint)")
        cursor.execute("CREATE TABLE seed_text (words text)")
        for revision in Revision.objects.filter(state=State.PUBLISHED, language="en"):
            given = {"right": right(revision), "wrong": wrong(revision), "unsure": []}
            rows = [(revision.pk, mark, json.dumps(what)) for mark, what in given.items()]
            cursor.executemany("INSERT INTO seed_given VALUES (%s, %s, %s)", rows)
        first = 1
        for team, size, name in teams:
            row = (first, first + size - 1, team.pk, nurses[name].pk)
            cursor.execute("INSERT INTO seed_team VALUES (%s, %s, %s, %s)", row)
            first += size
        data = {"_auth_user_id": "99999999", "_auth_user_hash": "a" * 64, "since": 1_790_000_000, "seen": 1_790_000_000}
        cursor.execute("INSERT INTO seed_text VALUES (%s)", [SessionStore().encode(data)])


if __name__ == "__main__":
    make()

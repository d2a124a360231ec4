"""The permissions of each role, defined in code.

Roles are groups, which a migration creates. While migrations run, there are no permission rows yet. So the permissions
are not in the database but in this table, and `backends.RoleBackend` uses it for `has_perm`.
"""

NURSE = "Nurse"
LEAD = "Lead nurse"
EDUCATOR = "Educator"
REVIEWER = "Clinical reviewer"
IT = "IT"

_NURSE = frozenset(
    {
        "people.view_patient",
        "people.add_patient",
        "people.change_patient",
        "people.add_accesscode",
        "assignments.view_assignment",
        "assignments.add_assignment",
        "progress.add_contact",
        "progress.add_teachback",
        "visits.change_myquestion",
    }
)

MAY: dict[str, frozenset[str]] = {
    NURSE: _NURSE,
    LEAD: _NURSE | {"people.change_membership", "people.view_auditevent"},
    EDUCATOR: frozenset(
        {
            "quizzes.view_question",
            "quizzes.add_question",
            "quizzes.change_question",
            "quizzes.publish_revision",
            "lessons.view_edition",
            "lessons.add_edition",
            "lessons.change_edition",
            "lessons.publish_edition",
        }
    ),
    REVIEWER: frozenset(
        {
            "quizzes.view_question",
            "quizzes.publish_revision",
            "lessons.view_edition",
            "lessons.publish_edition",
            "lessons.add_clinicalreview",
        }
    ),
    IT: frozenset(
        {
            "people.view_user",
            "people.add_user",
            "people.change_user",
            "people.add_careteam",
            "people.change_careteam",
            "people.export_auditevent",
        }
    ),
}


def rights(roles: set[str]) -> frozenset[str]:
    """Return all permissions ("app.verb_model") of these roles. An unknown role gives none."""
    return frozenset().union(*(MAY.get(role, frozenset()) for role in roles))

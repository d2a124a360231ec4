"""What each role may do, asked in code.

Roles are named groups made by a migration. Permission rows do not exist yet while migrations run, so the rights
are not stored: they are this table, and `backends.RoleBackend` answers `has_perm` from it.
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
        {"quizzes.view_question", "quizzes.add_question", "quizzes.change_question", "quizzes.publish_revision"}
    ),
    REVIEWER: frozenset({"quizzes.view_question", "quizzes.publish_revision"}),
    IT: frozenset(),
}


def rights(roles: set[str]) -> frozenset[str]:
    """Return every right ("app.verb_model") that any of these roles gives; an unknown role gives none."""
    return frozenset().union(*(MAY.get(role, frozenset()) for role in roles))

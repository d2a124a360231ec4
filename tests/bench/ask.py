"""One request of the plan. A plan names, for each measure, the requests in the order in which they are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

PAGES = ("step", "question", "answer", "feedback")  # a learner's way: measured beside the limit's own
LISTS = ("start", "my", "therapy", "lessons", "worklist", "matrix", "patient", "questions")  # beside its lesson
CSRF = "bench" + "0" * 27  # the cookie and the form's token; Django takes the secret itself as well as a masked one
PATIENTS = 35  # of the nurse whose Desk is asked for
LEARNERS = 100  # whose sessions are rotated on the pages
BATCH = 25  # learners who answer every question of their check in one round


@dataclass(frozen=True)
class Ask:
    """A page to get, or a form to post; and what proves that the right thing came back."""

    path: str
    session: str
    proof: str  # words on the page, or the end of the address that the answer leads to
    form: list[tuple[str, str]] = field(default_factory=list)

"""One request of the plan. A plan contains, for each measure, the requests in the order in which they are sent."""

from __future__ import annotations

from dataclasses import dataclass, field

PAGES = ("step", "question", "answer", "feedback")  # a learner's pages: compared with the same page of the limit
LISTS = ("start", "my", "therapy", "lessons", "worklist", "matrix", "patient", "questions")  # with its lesson page
CSRF = "bench" + "0" * 27  # the cookie and the form's token; Django also accepts an unmasked secret
PATIENTS = 35  # patients of the nurse whose Desk is measured
LEARNERS = 100  # the requests for pages rotate through their sessions
BATCH = 25  # learners who answer every question of their check in one round


@dataclass(frozen=True)
class Ask:
    """A page to get or a form to post, and the text that proves that the response is right."""

    path: str
    session: str
    proof: str  # a text on the page, or the end of the URL that the response redirects to
    form: list[tuple[str, str]] = field(default_factory=list)

"""Guests who keep answering, and the ledger of the answers that the server said were saved."""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import dataclass, field

from tests.faults.browser import Browser, Fields, Page, Reply, Unreachable

CHECKS = ("/check/what-is-immunotherapy/", "/check/side-effects-when-to-call/")  # choice, truth, matching; safety
REVIEW = "/review/"
DOUBLE = 0.05  # the share of answers that is posted twice at once
LEFT = 0.3  # the share of reviews that is left after one question
LATER = 1.2  # seconds, more than a day of calendar.py: a guest who left a review gets a new one
QUESTION = re.compile(r"^/check/([0-9a-f-]{36})/([0-9]+)/$")


@dataclass(frozen=True)
class Answer:
    """One answer as it was sent: its attempt, question and number, and the posted fields."""

    attempt: str
    n: int
    number: int
    posted: Fields


@dataclass
class Ledger:
    """What was sent, and what the server replied."""

    sent: set[Answer] = field(default_factory=set)
    acknowledged: set[Answer] = field(default_factory=set)
    retried: int = 0  # answers that were posted again after an error
    doubles: int = 0
    server_errors: int = 0
    broken: int = 0  # connections
    strange: list[str] = field(default_factory=list)  # replies that no patient should get

    def add(self, other: Ledger) -> None:
        """Add the entries of another writer."""
        self.sent |= other.sent
        self.acknowledged |= other.acknowledged
        self.strange += other.strange
        for name in ("retried", "doubles", "server_errors", "broken"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class TimeUp(Exception):
    """The run is over."""


class Writer(threading.Thread):
    """Plays one guest after another: a check, a retry of missed questions, reviews on later days; some leave early."""

    def __init__(self, port: int, end: threading.Event, patience: float = 15) -> None:
        super().__init__(daemon=True)
        self.port, self.end, self.patience = port, end, patience
        self.ledger = Ledger()
        self.browser = Browser(port)

    def run(self) -> None:
        """Work until the end; an answer that was begun is sent until it is acknowledged."""
        try:
            while not self.end.is_set():
                self.browser.close()
                self.browser = Browser(self.port)
                check = random.choice(CHECKS)
                for start in (check, *random.choice(((), (check,), (REVIEW, REVIEW), (check, REVIEW, REVIEW, REVIEW)))):
                    if self.take(start):
                        self.end.wait(LATER)
                        self.take(start)
        except TimeUp:
            pass
        except Exception as error:  # without this entry, a dead writer would make the run look good
            self.ledger.strange.append(f"a writer died: {error!r}")
        finally:
            self.browser.close()

    def take(self, start: str) -> bool:
        """Do the check or review that starts here, up to its result page. Return True when a review was left."""
        page = Page(self.insist(start).text)
        if start == REVIEW and not page.has_form:
            return False  # nothing is due
        path = self.insist(start, tuple(page.hidden)).location
        leaves = start == REVIEW and random.random() < LEFT
        while QUESTION.match(path) and not self.end.is_set():
            reply = self.insist(path)
            path = self.answer(path, Page(reply.text)) if reply.status == 200 else reply.location
            for _ in range(3):  # read the feedback and go on to the next question
                if not path or QUESTION.match(path) or path.endswith("/result/"):
                    break
                reply = self.insist(path)
                path = reply.location or Page(reply.text).onward
            if leaves:
                return True
        if path.endswith("/result/"):
            self.insist(path)
        return False

    def answer(self, path: str, page: Page) -> str:
        """Answer the question of this page; return the address of the redirect."""
        match, numbers = QUESTION.match(path), [value for name, value in page.hidden if name == "number"]
        if match is None or not numbers:
            self.ledger.strange.append(f"no form at {path}: {page.text[:200]}")
            return ""
        form = page.fill_in()
        posted = tuple((name, value) for name, value in form if name not in ("csrfmiddlewaretoken", "number"))
        answer = Answer(match[1], int(match[2]), int(numbers[0]), posted)
        self.ledger.sent.add(answer)
        twin = None
        if random.random() < DOUBLE:
            self.ledger.doubles += 1
            twin = threading.Thread(target=self.post_again, args=(path, form, answer))
            twin.start()
        try:
            reply = self.insist(path, form)
        finally:
            if twin:
                twin.join()
        self.note(answer, reply)
        return reply.location

    def post_again(self, path: str, form: Fields, answer: Answer) -> None:
        """Post the same form at the same time from a second connection, as an impatient second press does."""
        twin = Browser(self.port, self.browser.cookies)
        try:
            reply = twin.ask(path, form)
            if reply.status < 500:
                self.note(answer, reply)
        except Unreachable:
            pass
        finally:
            twin.close()

    def note(self, answer: Answer, reply: Reply) -> None:
        """Record an acknowledgement: a 303 to the feedback page, which says "Your answer is saved"."""
        if reply.status == 303 and reply.location.endswith("/feedback/"):
            self.ledger.acknowledged.add(answer)
        else:
            self.ledger.strange.append(f"{reply.status} {reply.location} for {answer}")

    def insist(self, path: str, fields: Fields | None = None) -> Reply:
        """Send the request again until the server replies or `patience` seconds have passed."""
        until, tries = time.monotonic() + self.patience, 0
        while True:
            try:
                reply = self.browser.ask(path, fields)
                if reply.status < 500:
                    break
                self.ledger.server_errors += 1
            except Unreachable:
                self.ledger.broken += 1
            tries += 1
            if fields is not None and QUESTION.match(path):
                self.ledger.retried += 1
            if time.monotonic() > until or (self.end.is_set() and fields is None):
                raise TimeUp
            time.sleep(random.uniform(0.02, 0.2))
        if reply.status not in (200, 302 if fields is None else 303):
            self.ledger.strange.append(f"{reply.status} {reply.location} at {path} after {tries} tries")
            raise TimeUp
        return reply

"""The one place that sends email. What an email says is a template of templates/mail/."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import Context, Engine

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The mail server did not take the email."""


def send(template: str, to: str, context: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> None:
    """Send one plain email, as its template says it (`written`). Raises NotSent: of smtplib and the network, or of an
    address that no header can hold.
    """
    subject, body = written(template, context or {})
    headers = {"Auto-Submitted": "auto-generated", **(headers or {})}
    try:
        EmailMessage(subject, body, to=[to], headers=headers).send()
    except (OSError, ValueError) as error:
        logger.warning("email not sent", exc_info=error)
        raise NotSent from error


def written(template: str, context: dict[str, str]) -> tuple[str, str]:
    """Return the subject and the body of an email: its template's first line, and what follows after it.

    So a subject is one line, whatever a hospital's own template says. It is plain text: nothing is escaped for HTML.
    """
    text = Engine.get_default().get_template(template).render(Context(context, autoescape=False))
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def works() -> bool:
    """Tell whether an email can reach anybody; on this machine the console will do, so that it can be tried."""
    return settings.ON_LOOPBACK or not settings.EMAIL_BACKEND.endswith("console.EmailBackend")

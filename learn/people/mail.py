"""The only module that sends email. The texts are templates in templates/mail/."""

from __future__ import annotations

import logging
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import Context, Engine

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """Raised when the mail server did not accept the email."""


class Refused(NotSent):
    """Raised when the mail server refused this address for good: another try would fail too."""


FOR_GOOD = {550, 551, 553}  # SMTP: no such mailbox, not here, the name is not allowed


def send(template: str, to: str, context: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> None:
    """Send one plain-text email from a template (see `written`).

    Raises NotSent for an error of smtplib or the network, and for an address that a header cannot contain. Raises
    Refused if the mail server does not know this address.
    """
    subject, body = written(template, context or {})
    headers = {"Auto-Submitted": "auto-generated", **(headers or {})}
    try:
        EmailMessage(subject, body, to=[to], headers=headers).send()
    except SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        logger.warning("email refused: %s", sorted(codes))  # not the error, which contains the address
        raise (Refused if codes <= FOR_GOOD else NotSent) from None
    except (OSError, ValueError) as error:
        logger.warning("email not sent", exc_info=error)
        raise NotSent from error


def written(template: str, context: dict[str, str]) -> tuple[str, str]:
    """Return the subject and the body of an email: the first line of the template, and the rest.

    So the subject is always one line, also with a hospital's own template. The text is not escaped for HTML.
    """
    text = Engine.get_default().get_template(template).render(Context(context, autoescape=False))
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip() + "\n"


def works() -> bool:
    """Return whether the site can send email. On a local site, the console counts, so that developers can try it."""
    return settings.ON_LOOPBACK or not settings.EMAIL_BACKEND.endswith("console.EmailBackend")

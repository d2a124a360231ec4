"""The one place that sends email. What an email says is with whoever writes it: `email_codes`, and reminders."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The mail server did not take the email."""


def send(subject: str, body: str, to: str, headers: dict[str, str] | None = None) -> None:
    """Send one plain email. Raises NotSent: of smtplib and the network, or of an address that no header can hold."""
    headers = {"Auto-Submitted": "auto-generated", **(headers or {})}
    try:
        EmailMessage(subject, body, to=[to], headers=headers).send()
    except (OSError, ValueError) as error:
        logger.warning("email not sent", exc_info=error)
        raise NotSent from error


def works() -> bool:
    """Tell whether an email can reach anybody; on this machine the console will do, so that it can be tried."""
    return settings.ON_LOOPBACK or not settings.EMAIL_BACKEND.endswith("console.EmailBackend")

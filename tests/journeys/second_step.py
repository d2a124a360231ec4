"""Walks through the pages of the second step, for the accessibility tests, and makes the people of these journeys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from playwright.sync_api import Page

from tests import totp
from tests.conftest import Site
from tests.journeys.walk import press, sign_in

OF_IT = """
from django.contrib.auth.models import Group
from learn.people.models import User
user, new = User.objects.get_or_create(username={name!r}, defaults=dict(first_name={name!r}, is_staff=True))
user.set_password({password!r})
user.save()
user.groups.set([Group.objects.get(name="IT")])
print(user.pk)
"""
ASKED_EARLIER = """
from learn.people.models import Session, User
for row in Session.objects.filter(user_id=User.objects.get(username={name!r}).pk):
    data = row.get_decoded()
    data.pop("again", None)
    data["since"] -= 600
    row.session_data = type(row).get_session_store_class()().encode(data)
    row.save()
"""
FORGET = """
from allauth.mfa.models import Authenticator
Authenticator.objects.filter(user__username={name!r}).delete()
"""


def make_it_person(site: Site, name: str) -> int:
    """Make somebody of IT without a second step; return their primary key."""
    pk = site.manage("shell", "--no-imports", "-c", OF_IT.format(name=name, password=site.password))
    site.manage("shell", "--no-imports", "-c", FORGET.format(name=name))
    return int(pk)


def asked_earlier(site: Site, name: str) -> None:
    """Let ten minutes go by since this person said who they are."""
    site.manage("shell", "--no-imports", "-c", ASKED_EARLIER.format(name=name))


def on_localhost(site: Site) -> str:
    """Return the site's address by the name localhost: without HTTPS, browsers offer passkeys there only."""
    parts = urlsplit(site.url)
    return urlunsplit(parts._replace(netloc=f"localhost:{parts.port}"))


def shown_code(page: Page, *, later: int = 0) -> str:
    """Return the code of an app that took the secret from this page; `later` in periods of 30 seconds."""
    return totp.code(totp.secret_on(page.content()), time.time() + 30 * later)


def two_step_pages(page: Page, site: Site, name: str) -> Iterator[str]:
    """Set up the second step and use it; yield the name of each page while it is open."""
    pk, colleague = make_it_person(site, name), f"{name}-colleague"
    other = make_it_person(site, colleague)
    page.goto("/accounts/login/")
    sign_in(page, name, site.password)
    page.goto("/accounts/two-step/")
    yield "two-step sign-in, nothing set up"
    press(page, "Set up an app")
    yield "set up an app"
    secret = totp.secret_on(page.content())
    press(page, "Set it up")
    yield "set up an app, no code"
    page.get_by_label("The 6 digits").fill(totp.code(secret, time.time()))
    press(page, "Set it up")
    yield "recovery codes"
    codes = page.locator(".recovery code").all_inner_texts()
    page.reload()
    yield "recovery codes, shown once"
    page.goto("/accounts/two-step/")
    yield "two-step sign-in, with an app"
    page.goto("/accounts/two-step/passkey/")
    yield "set up a passkey"
    page.goto(f"/admin/people/user/{pk}/two-step/")
    yield "the reset, one's own"
    page.goto(f"/admin/people/user/{other}/two-step/")
    yield "the reset, nothing set up"
    asked_earlier(site, name)
    page.goto("/accounts/two-step/app/")
    yield "is it you"
    press(page, "Go on")
    yield "is it you, nothing typed"
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    sign_in(page, name, site.password)
    yield "second step"
    press(page, "Go on")
    yield "second step, no code"
    page.get_by_label("Code from your app").fill(codes[0])
    press(page, "Go on")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    sign_in(page, colleague, site.password)
    page.goto(f"/admin/people/user/{pk}/two-step/")
    yield "the reset"
    press(page, "Ask for a reset")
    yield "the reset, asked for"
    make_it_person(site, f"{name}-third")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    sign_in(page, f"{name}-third", site.password)
    page.goto(f"/admin/people/user/{pk}/two-step/")
    yield "the reset, to confirm"

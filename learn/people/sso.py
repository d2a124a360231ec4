"""Single sign-on: the hospital's own sign-in (OpenID Connect) opens staff accounts that exist (ruling 24).

allauth's openid_connect provider does the exchange. This module decides whose account it is, and checks what allauth
leaves open: the signature of the identity token although it came over TLS, the exact issuer, the kind of key, and the
nonce: a token counts once, and only in the browser that has asked for it. (allauth checks `state` and PKCE.)
Import this module where it is used: it loads requests, which most workers never need.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, NoReturn

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learn.people import audit
from learn.people.models import User

ALGORITHMS = [
    "RS256",
    "PS256",
    "ES256",
]  # signed with the hospital's private key; never with a shared secret, or not at all
NONCES, KEPT = "sso.nonces", 5  # session key; sign-ins that one browser may have begun at once, in several tabs
LEEWAY = 60  # seconds that the two clocks may differ
WRONG = (
    OAuth2Error, requests.RequestException, jwt.PyJWTError, ImproperlyConfigured, KeyError, TypeError, ValueError,
)  # fmt: skip

FAILED = _("The hospital’s sign-in did not work just now. Try again, or use your name and password.")
UNKNOWN = _("Nobody on the staff here has the email address of your hospital account. Ask hospital IT to add it.")
UNVERIFIED = _("Your hospital account has no checked email address. Ask hospital IT.")
CLOSED = _("Your account here is closed, or is no staff account. Ask hospital IT.")
OTHER = _("Another hospital account is used for your account here. Ask hospital IT.")


def provider_id() -> str:
    """Return the name under which subjects are stored: each issuer has its own, as its subjects are other people."""
    return "oidc-" + hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]


class Exchange(OpenIDConnectOAuth2Adapter):
    """allauth's exchange of the code for an identity token, with our checks of this token."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the address to come back to. It never comes from the Host header."""
        return str(settings.PUBLIC_URL) + reverse("sso_back")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        """Return the sign-in that the identity token tells of. Raises one of WRONG if it may not be believed."""
        claims = self._decode_id_token(app, kwargs["response"]["id_token"])
        asked = request.session.get(NONCES, [])
        if claims.get("nonce") not in asked:
            raise OAuth2Error("not asked for in this browser, or used before")
        request.session[NONCES] = [nonce for nonce in asked if nonce != claims["nonce"]]
        provider = Adapter().get_provider(request, self.provider_id)
        login: SocialLogin = provider.sociallogin_from_response(request, {"id_token": claims})
        login.account.extra_data = {}  # nothing of it is needed again
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        config = self.openid_config
        if config["issuer"] != settings.OIDC_ISSUER:
            raise OAuth2Error("another issuer")
        with get_adapter().get_requests_session() as session:
            keys = jwt.PyJWKSet.from_dict(session.get(config["jwks_uri"]).json())
        claims: dict[str, Any] = jwt.decode(
            id_token,
            keys[jwt.get_unverified_header(id_token)["kid"]].key,
            algorithms=ALGORITHMS,
            audience=app.client_id,
            issuer=config["issuer"],
            leeway=LEEWAY,
            options={"require": ["aud", "exp", "iat", "iss", "sub"]},
        )
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("issued to another site")
        if "\x00" in f"{claims['sub']}{claims.get('email')}":
            raise OAuth2Error("no text that a database takes")
        return claims


class Provider(OpenIDConnectProvider):
    """allauth's provider with PKCE: a stolen code is useless without this session."""

    oauth2_adapter_class = Exchange
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        """Ask for the subject and the email address, and nothing else."""
        return ["openid", "email"]


class Adapter(DefaultSocialAccountAdapter):
    """allauth's adapter: one provider, from the settings, and only accounts of staff that exist."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Provider:
        """Return the hospital's provider."""
        app = SocialApp(
            provider=Provider.id,
            provider_id=provider_id(),
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT,
            secret=settings.OIDC_SECRET,
            settings={"server_url": settings.OIDC_ISSUER.rstrip("/")},
        )
        return Provider(request, app=app)

    def new_user(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        """Return an empty user, who is never saved: not the guest of this device, as sign-up does."""
        return User()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account, by subject or, the first time, by verified email address. Refuse everybody else kindly."""
        known = sociallogin.user if sociallogin.is_existing else None
        user = known if isinstance(known, User) else self._by_email(request, sociallogin)
        if not user.is_active or not user.is_staff:
            refuse(request, CLOSED)
        if known is None:
            now, subject = timezone.now(), {"provider": sociallogin.account.provider, "uid": sociallogin.account.uid}
            sociallogin.account, new = SocialAccount.objects.get_or_create(**subject, defaults={"user": user})
            sociallogin.user = sociallogin.account.user
            if new:
                audit.note(by=user, what="sso.linked", now=now)

    def _by_email(self, request: HttpRequest, sociallogin: SocialLogin) -> User:
        """Return the one member of staff with this verified address, who has no other hospital account yet."""
        addresses = [address.email for address in sociallogin.email_addresses if address.verified is True]
        if not addresses:
            refuse(request, UNVERIFIED)
        found = User.objects.filter(is_staff=True, email__iexact=addresses[0])[:2]
        if len(found) != 1:
            refuse(request, UNKNOWN)
        if SocialAccount.objects.filter(user=found[0], provider=sociallogin.account.provider).exists():
            refuse(request, OTHER)  # mail addresses are given to the next person, subjects are not
        return found[0]

    def on_authentication_error(self, request: HttpRequest, *args: Any, **kwargs: Any) -> NoReturn:
        """Lead back to the sign-in page, instead of allauth's page of errors."""
        refuse(request, FAILED)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody gets an account by single sign-on."""
        return False


def refuse(request: HttpRequest, why: Any) -> NoReturn:
    """End this sign-in: the page of sign-in says why."""
    messages.error(request, why)
    raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_login")))


def begin(request: HttpRequest, *, back: str, once_more: bool) -> HttpResponse:
    """Redirect to the hospital's sign-in. `once_more` asks it not to rely on an earlier sign-in."""
    provider = get_adapter(request).get_provider(request, provider_id())
    params = {"nonce": secrets.token_urlsafe(16)} | ({"prompt": "login"} if once_more else {})
    request.session[NONCES] = [*request.session.get(NONCES, []), params["nonce"]][-KEPT:]
    try:
        response: HttpResponse = provider.redirect(request, "login", next_url=back or None, auth_params=params)
    except WRONG:
        refuse(request, FAILED)
    return response


def finish(request: HttpRequest) -> HttpResponse:
    """Sign in whom the hospital's sign-in sends back, or say why not."""
    view = OAuth2CallbackView.adapter_view(Exchange(request, provider_id()))
    try:
        response: HttpResponse = view(request)
    except WRONG:
        refuse(request, FAILED)
    return response

"""A POST's redirect is a 303; any other redirect stays what the view said."""

from __future__ import annotations

import pytest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.test import RequestFactory

from quizzes.redirects import see_other


@pytest.mark.parametrize(
    ("method", "response", "status"),
    [
        pytest.param("post", HttpResponseRedirect("/on/"), 303, id="a post's 302"),
        pytest.param("get", HttpResponseRedirect("/on/"), 302, id="a get's 302"),
        pytest.param("head", HttpResponseRedirect("/on/"), 302, id="a head's 302"),
        pytest.param("post", HttpResponsePermanentRedirect("/on/"), 301, id="moved for good"),
        pytest.param("post", redirect("/on/", preserve_request=True), 307, id="post it there"),
        pytest.param("post", redirect("/on/", permanent=True, preserve_request=True), 308, id="post it there for good"),
        pytest.param("post", HttpResponse("done"), 200, id="a page"),
        pytest.param("post", HttpResponse("no", status=404), 404, id="no page"),
    ],
)
def test_a_redirect_of(method: str, response: HttpResponse, status: int) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        return response

    answer = see_other(view)(getattr(RequestFactory(), method)("/from/"))
    assert (answer.status_code, answer.get("Location")) == (status, response.get("Location"))


def test_says_see_other_and_not_found() -> None:
    answer = see_other(lambda request: redirect("/on/"))(RequestFactory().post("/from/"))
    assert answer.reason_phrase == "See Other"

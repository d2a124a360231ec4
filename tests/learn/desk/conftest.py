"""An educator and a reviewer who are signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from learn.people import roles
from tests.learn.desk.staff import signed_in


@pytest.fixture
def eda() -> Client:
    return signed_in("eda", roles.EDUCATOR)


@pytest.fixture
def rex() -> Client:
    return signed_in("rex", roles.REVIEWER)

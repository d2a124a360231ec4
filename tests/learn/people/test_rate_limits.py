"""Rate limits are exact with parallel requests, and store no address and no code."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import get_adapter
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory, TestCase, TransactionTestCase, override_settings

from learn.people import rate_limits
from learn.people.models import Hit
from learn.people.rate_limits import Limit, backoff, count, forget
from tests.cast import at

FIVE = Limit("test", 5, 600)
NOW = at(20)


class TestALimit(TestCase):
    def test_allows_a_number_of_tries_and_then_says_how_long_to_wait(self) -> None:
        assert [count(FIVE, "a", now=NOW) for _ in range(5)] == [0] * 5
        assert count(FIVE, "a", now=NOW) == 600
        assert count(FIVE, "a", now=NOW + timedelta(seconds=599)) == 1

    def test_starts_again_when_its_time_is_over(self) -> None:
        for _ in range(9):
            count(FIVE, "a", now=NOW)
        later = NOW + timedelta(seconds=600)
        assert [count(FIVE, "a", now=later) for _ in range(6)] == [0, 0, 0, 0, 0, 600]

    def test_is_separate_for_each_person(self) -> None:
        for _ in range(9):
            count(FIVE, "a", now=NOW)
        assert count(FIVE, "b", now=NOW) == 0
        assert count(Limit("other", 5, 600), "a", now=NOW) == 0

    def test_costs_one_statement_and_stores_no_name(self) -> None:
        with self.assertNumQueries(1):
            count(FIVE, "192.0.2.7", now=NOW)
        [row] = Hit.objects.values_list("whose", flat=True)
        assert "192" not in row
        assert len(row) == 64


class TestABackoff(TestCase):
    def tries(self, n: int, after: timedelta = timedelta()) -> list[int]:
        return [backoff("code", "BCDFGH", now=NOW + after) for _ in range(n)]

    def test_locks_for_an_hour_after_ten_tries(self) -> None:
        assert self.tries(12) == [0] * 10 + [3600] * 2
        assert self.tries(1, timedelta(seconds=3599)) == [1]
        assert self.tries(1, timedelta(seconds=3600)) == [0]

    def test_lasts_twice_as_long_each_time_but_never_forever(self) -> None:
        passed = timedelta()
        for hours in (1, 2, 4, 8, 16):
            assert self.tries(11, passed) == [0] * 10 + [hours * 3600]
            passed += timedelta(hours=hours)
        assert self.tries(1, passed) == [0]

    def test_is_not_extended_by_more_tries(self) -> None:
        self.tries(500)
        assert self.tries(1, timedelta(hours=1)) == [0]

    def test_counts_slow_tries_too(self) -> None:
        for day in range(10):
            assert self.tries(1, timedelta(days=day)) == [0]
        assert self.tries(1, timedelta(days=9)) == [3600]

    def test_starts_again_after_a_right_code(self) -> None:
        self.tries(9)
        forget("code", "BCDFGH")
        assert self.tries(11) == [0] * 10 + [3600]


# The code of each of four workers: forty tries, ten at a time.
WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
import django
django.setup()
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from learn.people.rate_limits import Limit, count, backoff
now = datetime(2026, 11, 20, 12, tzinfo=UTC)
def one(n):
    try:
        return count(Limit("many", 20, 600), "a", now=now) == 0, backoff("many tries", "a", now=now) == 0
    finally:
        connection.close()
sys.stdin.readline()
with ThreadPoolExecutor(10) as pool:
    done = list(pool.map(one, range(40)))
print(sum(a for a, b in done), sum(b for a, b in done))
"""


class TestFourWorkersAtOnce(TransactionTestCase):
    """Real processes with threads, on both databases."""

    def address(self) -> str:
        name = str(connection.settings_dict["NAME"])
        if connection.vendor == "sqlite":
            return f"sqlite:///{name}"
        return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))

    def test_are_allowed_exactly_as_many_tries_as_one(self) -> None:
        env = {**os.environ, "DATABASE_URL": self.address(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            for _ in range(4)
        ]
        said = []
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        for worker in workers:
            said.append(worker.communicate(timeout=120)[0].split())
            assert worker.returncode == 0
        assert sum(int(counted) for counted, _ in said) == 20
        assert sum(int(knocked) for _, knocked in said) == 10
        assert sorted(Hit.objects.values_list("n", flat=True)) == [10, 160]


class TestTheAddress(TestCase):
    def of(self, **meta: str) -> str:
        return rate_limits.address(RequestFactory().get("/", **meta))

    def test_is_that_of_the_connection_without_a_trusted_proxy(self) -> None:
        assert self.of(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="203.0.113.9") == "192.0.2.7"

    @override_settings(PROXIES=1)
    def test_is_the_one_that_the_trusted_proxy_added_and_not_an_earlier_claim(self) -> None:
        claimed = "203.0.113.9, 203.0.113.10, 198.51.100.4"
        assert self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=claimed) == "198.51.100.4"
        assert self.of(REMOTE_ADDR="10.0.0.1") == "10.0.0.1"

    @override_settings(PROXIES=2)
    def test_is_that_of_the_connection_with_fewer_proxies_than_trusted(self) -> None:
        assert self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.4") == "10.0.0.1"
        assert self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.4, 10.0.0.2") == "198.51.100.4"

    @override_settings(PROXIES=1)
    def test_accepts_invalid_headers_and_counts_an_ipv6_network_as_one(self) -> None:
        for garbage in ("", " ", "x" * 9000, "\x00", "1.2.3.4.5", "[::1]:80"):
            assert len(self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=garbage)) <= 64
        assert self.of(HTTP_X_FORWARDED_FOR="2001:db8:1:2:3::4") == self.of(HTTP_X_FORWARDED_FOR="2001:db8:1:2::9")
        assert self.of(HTTP_X_FORWARDED_FOR="2001:db8:1:3::4") != self.of(HTTP_X_FORWARDED_FOR="2001:db8:1:2::9")

    @override_settings(PROXIES=1)
    def test_with_a_port_is_the_same_address(self) -> None:
        for written, meant in (
            ("192.0.2.7:4711", "192.0.2.7"),
            (" 192.0.2.7:80 ", "192.0.2.7"),
            ('"192.0.2.7"', "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
            ("[2001:db8:1:2::9]:4711", "2001:db8:1:2::/64"),
            ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ):
            assert self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.113.9, {written}") == meant, written

    @override_settings(PROXIES=1)
    def test_that_is_none_counts_as_that_of_the_proxy(self) -> None:
        for hidden in ("unknown", "_hidden", "", " ", "1.2.3.4.5", "192.0.2.7:80:80"):
            assert self.of(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=f"203.0.113.9,{hidden}") == "10.0.0.1", hidden

    @override_settings(PROXIES=1)
    def test_is_the_one_that_allauth_counts_too(self) -> None:
        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9, 192.0.2.7:80")
        assert get_adapter().get_client_ip(request) == "192.0.2.7"


class TestARefusal(TestCase):
    def test_says_how_long_to_wait_in_words_and_in_a_header(self) -> None:
        for seconds, words in (
            (1, "1 minute"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (3600, "60 minutes"),
            (9000, "3 hours"),
        ):
            request = RequestFactory().get("/")
            request.user = AnonymousUser()
            response = rate_limits.refuse(request, seconds)
            assert (response.status_code, response["Retry-After"]) == (429, str(seconds))
            assert f"Wait {words}, then try again." in response.content.decode()

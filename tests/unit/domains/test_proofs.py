"""A proof is looked for in the DNS and on the web site, and nowhere else."""

import subprocess
import sys

import pytest
from tochka_core.domains.lookups import Website, name_servers, website
from tochka_core.domains.proofs import FILE_PATH, Finding, Proof, ProofFinder

DOMAIN, TOKEN = "shop.example.com", "a-token-that-nobody-can-guess"
ABSENT, FOUND, UNKNOWN = Finding.ABSENT, Finding.FOUND, Finding.UNKNOWN


@pytest.fixture(autouse=True)
def clean(internet):
    yield
    internet.forget(DOMAIN)
    internet.zone.failing.clear()
    internet.site.pages.clear()
    internet.site.asked.clear()


async def find(internet, **options):
    return await internet.proofs(**options).find(DOMAIN, TOKEN)


async def test_a_record_proves_and_the_web_site_is_left_alone(internet):
    internet.publish_record(DOMAIN, TOKEN)
    internet.publish_file(DOMAIN, TOKEN)
    proof = await find(internet)
    assert (proof.dns, proof.method) == (FOUND, "dns")
    assert internet.site.asked == []


async def test_one_record_among_others_and_in_parts_proves(internet):
    internet.zone.texts[f"_tochka-challenge.{DOMAIN}"] = [["v=spf1"], [TOKEN[:5], TOKEN[5:]]]
    assert (await find(internet)).method == "dns"


@pytest.mark.parametrize("value", ["", "other", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "\xff"])
async def test_another_value_proves_nothing(internet, value):
    internet.publish_record(DOMAIN, value)
    assert await find(internet) == Proof(dns=ABSENT, file=ABSENT)


async def test_a_record_on_the_domain_itself_proves_nothing(internet):
    internet.zone.texts[DOMAIN] = [[TOKEN]]
    assert (await find(internet)).method is None


@pytest.mark.parametrize("content", [TOKEN, f"{TOKEN}\n", f" {TOKEN} \r\n"])
async def test_a_file_proves(internet, content):
    internet.publish_file(DOMAIN, content)
    assert await find(internet) == Proof(dns=ABSENT, file=FOUND)
    assert internet.site.asked == [(DOMAIN, FILE_PATH)]


@pytest.mark.parametrize("content", ["", "other", TOKEN + "x" * 100_000, "x" * 2000 + TOKEN])
async def test_a_file_that_holds_more_or_less_proves_nothing(internet, content):
    internet.publish_file(DOMAIN, content)
    assert (await find(internet)).file is ABSENT


@pytest.mark.parametrize(
    ("status", "finding"),
    {201: ABSENT, 404: ABSENT, 410: ABSENT, 429: UNKNOWN, 503: UNKNOWN}.items(),
)
async def test_only_a_site_that_is_in_order_says_that_there_is_no_file(internet, status, finding):
    internet.publish_file(DOMAIN, TOKEN, status=status)
    assert (await find(internet)).file is finding


@pytest.mark.parametrize(
    "place",
    ["https://other.example.com", "http://169.254.169.254", "", "http://xn--0", "mailto:a"],
)
async def test_redirects_are_not_followed(internet, place):
    internet.publish_file("other.example.com", TOKEN)
    internet.publish_file(DOMAIN, "", status=302, Location=f"{place}{FILE_PATH}")
    assert (await find(internet)).file is ABSENT
    assert internet.site.asked == [(DOMAIN, FILE_PATH)]


async def test_a_domain_that_leads_inside_is_not_connected_to(internet):
    internet.publish_file(DOMAIN, TOKEN)
    for addresses in (["127.0.0.1"], ["10.0.0.1", "::1"], ["::ffff:127.0.0.1", "169.254.169.254"]):
        internet.zone.addresses[DOMAIN] = addresses
        proofs = ProofFinder(servers=[internet.name_server], website=internet.website())
        assert (await proofs.find(DOMAIN, TOKEN)).file is ABSENT
    assert internet.site.asked == []


async def test_the_name_is_resolved_once(internet):
    internet.publish_file(DOMAIN, TOKEN)
    internet.zone.asked.clear()
    assert (await find(internet)).file is FOUND
    assert internet.zone.asked == [f"_tochka-challenge.{DOMAIN}", DOMAIN, DOMAIN]  # A and AAAA


async def test_a_second_address_answers_where_the_first_does_not(internet):
    internet.publish_file(DOMAIN, TOKEN)
    internet.zone.addresses[DOMAIN] = ["127.0.0.2", "127.0.0.1"]
    assert (await find(internet)).file is FOUND


async def test_a_certificate_of_another_domain_proves_nothing(internet):
    internet.publish_file("third.example.com", TOKEN)
    proof = await internet.proofs().find("third.example.com", TOKEN)
    assert proof == Proof(dns=ABSENT, file=UNKNOWN)
    internet.forget("third.example.com")


async def test_a_certificate_that_nobody_vouches_for_proves_nothing(internet):
    internet.publish_file(DOMAIN, TOKEN)
    assert (await find(internet, website=internet.website(tls=None))).file is UNKNOWN


async def test_proxies_of_the_environment_are_not_used(internet, monkeypatch):
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    internet.publish_file(DOMAIN, TOKEN)
    assert (await find(internet)).file is FOUND


async def test_a_port_that_is_closed_is_no_answer(internet):
    internet.publish_file(DOMAIN, TOKEN)
    closed = Website(port=1, tls=internet.tls)
    assert (await find(internet, website=closed)).file is UNKNOWN


async def test_a_site_that_says_nothing_is_left_in_time(internet, monkeypatch):
    monkeypatch.setattr(website, "READ_SECONDS", 0.2)
    internet.publish_file(DOMAIN, TOKEN)
    internet.site.is_silent.set()
    try:
        assert (await find(internet)).file is UNKNOWN
    finally:
        internet.site.is_silent.clear()
        internet.site.may_go_on.set()


async def test_what_a_library_does_not_expect_is_no_answer():
    class Startled:
        async def find_texts(self, name):
            raise ValueError(name)

        find_addresses = find_texts

    proof = await ProofFinder(resolver=Startled()).find(DOMAIN, TOKEN)
    assert proof == Proof(dns=UNKNOWN, file=UNKNOWN)


async def test_a_name_server_that_cannot_say_is_no_answer(internet):
    internet.zone.failing.update({DOMAIN, f"_tochka-challenge.{DOMAIN}"})
    assert await find(internet) == Proof(dns=UNKNOWN, file=UNKNOWN)


async def test_a_name_server_that_is_away_is_no_answer(monkeypatch):
    monkeypatch.setattr(name_servers, "ANSWER_SECONDS", 0.2)
    away = ProofFinder(servers=[("127.0.0.1", 1)])
    assert await away.find(DOMAIN, TOKEN) == Proof(dns=UNKNOWN, file=UNKNOWN)


async def test_a_domain_with_no_room_for_the_record_can_be_proven_by_a_file(internet):
    long = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert await internet.proofs().find(long, TOKEN) == Proof(dns=UNKNOWN, file=ABSENT)


@pytest.mark.parametrize(
    ("proof", "method", "is_gone"),
    [
        (Proof(dns=ABSENT, file=UNKNOWN), "dns", True),
        (Proof(dns=UNKNOWN, file=ABSENT), "dns", False),
        (Proof(dns=ABSENT, file=FOUND), "dns", False),
        (Proof(dns=ABSENT, file=UNKNOWN), "file", False),
        (Proof(dns=UNKNOWN, file=ABSENT), "file", True),
        (Proof(dns=FOUND, file=UNKNOWN), "file", False),
        (Proof(dns=ABSENT, file=ABSENT), "platform", False),
    ],
)
def test_a_proof_is_gone_when_the_place_where_it_was_says_so(proof, method, is_gone):
    assert proof.is_gone(method) is is_gone


def test_the_libraries_behind_a_look_up_are_imported_with_the_first_one():
    code = "import sys, tochka_core.domains.proofs; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

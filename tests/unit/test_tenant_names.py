"""Names and domains of tenants, one spelling each."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tochka_core.tenants.names import check_tenant_name, host_name, normalize_domain
from tochka_plugins import InvalidInput

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"


def is_label(text):
    """Tell whether *text* is a DNS label (RFC 1123, 2.1) as we write them: in lower case."""
    return (
        1 <= len(text) <= 63
        and set(text) <= set(LETTERS + DIGITS + "-")
        and not text.startswith("-")
        and not text.endswith("-")
    )


def may_be_name(text):
    return is_label(text) and len(text) >= 2 and text[0] in LETTERS


def accepts(check, text):
    try:
        check(text)
    except InvalidInput:
        return False
    return True


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
DOMAINS = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(LABELS, min_size=1, max_size=3),
    st.from_regex(r"[a-z]{2,6}", fullmatch=True),
)


@given(st.text(LETTERS[:3] + DIGITS[:2] + "-", max_size=70) | st.text(max_size=70))
@example("a" * 63)
@example("a" * 64)
@example("ab\n")
def test_a_name_is_a_dns_label_that_begins_with_a_letter(text):
    assert accepts(check_tenant_name, text) == may_be_name(text)


def test_a_sound_name_is_returned_as_it_is():
    assert check_tenant_name("acme-2") == "acme-2"


def test_a_refused_name_is_pointed_at():
    with pytest.raises(InvalidInput, match="2 to 63 characters") as caught:
        check_tenant_name("Acme")
    assert caught.value.extra["errors"][0]["pointer"] == "/name"


@given(DOMAINS)
def test_a_domain_in_any_spelling_is_one_domain(domain):
    assert normalize_domain(domain.upper()) == normalize_domain(f"{domain}.") == domain


@given(st.text("ab1.-", max_size=12) | st.text(max_size=12) | DOMAINS)
def test_a_domain_consists_of_labels_and_normalizing_it_again_changes_nothing(text):
    if accepts(normalize_domain, text):
        domain = normalize_domain(text)
        assert len(labels := domain.split(".")) >= 2
        assert all(is_label(label) for label in labels)
        assert normalize_domain(domain) == domain


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "localhost",
        "acme..example",
        "acme.example..",
        ".acme.example",
        "-acme.example",
        "acme-.example",
        "acme.example:8000",
        "https://acme.example",
        "acme.example/",
        "acme .example",
        "acme.example\n",
        "127.0.0.1",
        "[::1]",
        "компания.рф",
        f"{'a' * 64}.example",
        ".".join(["a" * 63] * 4) + ".example",
    ],
)
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        normalize_domain(text)
    assert caught.value.extra["errors"][0]["pointer"] == "/domain"


def test_the_longest_domain_has_253_characters():
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(longest) == 253
    assert normalize_domain(longest) == longest
    assert not accepts(normalize_domain, f"{longest}d")


@pytest.mark.parametrize(
    "text", ["\u212aelvin.example", "acme.\uff45xample", "stra\u00dfe.example"]
)
def test_letters_outside_ascii_are_refused_even_if_their_lower_case_is_within(text):
    assert not accepts(normalize_domain, text)


def test_an_idn_in_its_ascii_form_is_a_domain():
    assert normalize_domain("XN--80AAXITDBJK.xn--p1ai") == "xn--80aaxitdbjk.xn--p1ai"


@pytest.mark.parametrize(
    "host",
    ["acme.example", "ACME.Example", "acme.example:8000", "acme.example.", "acme.example.:443"],
)
def test_a_host_header_in_any_spelling_is_one_domain(host):
    assert host_name(host) == "acme.example"


@pytest.mark.parametrize("host", ["", ":8000", "[::1]:8000", "127.0.0.1", "localhost"])
def test_a_host_without_a_domain_is_no_tenants_domain(host):
    assert not accepts(normalize_domain, host_name(host))


@given(DOMAINS, st.integers(1, 65535))
def test_a_browser_on_any_port_finds_the_stored_domain(domain, port):
    assert host_name(f"{domain}:{port}") == normalize_domain(domain)

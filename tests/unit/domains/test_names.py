"""Domain names, one spelling each, and what a `Host` header holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tochka_core.domains.names import host_name, normalize_domain, unicode_form
from tochka_plugins import InvalidInput

ASCII_LABELS = st.from_regex(r"[a-z0-9]([a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
CYRILLIC_LABELS = st.text("бгджзлфцчшщюя", min_size=1, max_size=8)
DOMAINS = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(ASCII_LABELS | CYRILLIC_LABELS, min_size=1, max_size=3),
    st.from_regex(r"[a-z]{2,6}", fullmatch=True) | st.just("рф"),
)
NO_DOMAINS = ["", "localhost", "рф.example", f"{'a' * 64}.example", "a_b.example"]
ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format)


def accepts(text):
    try:
        normalize_domain(text)
    except InvalidInput:
        return False
    return True


def is_label(text):
    """Tell whether *text* is a DNS label (RFC 1123, 2.1) as we write them: in lower case."""
    is_sound = set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    return 1 <= len(text) <= 63 and is_sound and "-" not in {text[0], text[-1]}


@given(DOMAINS)
def test_a_domain_in_any_spelling_is_one_domain(domain):
    normalized = normalize_domain(domain)
    for spelling in (domain.upper(), f"{domain}.", normalized, normalized.upper()):
        assert normalize_domain(spelling) == normalized


@given(DOMAINS)
def test_people_read_a_domain_as_they_wrote_it(domain):
    assert unicode_form(normalize_domain(domain)) == domain


@given(st.text("ab1.-", max_size=12) | st.text(max_size=12) | DOMAINS)
@example("ẞ.example")
@example("a。b.example")
def test_a_domain_consists_of_labels_and_normalizing_it_again_changes_nothing(text):
    if accepts(text):
        domain = normalize_domain(text)
        assert len(labels := domain.split(".")) >= 2
        assert all(is_label(label) for label in labels)
        assert normalize_domain(domain) == domain
        assert normalize_domain(unicode_form(domain)) == domain


@given(ADDRESSES | st.ip_addresses().map(str) | st.sampled_from(["0x7f.1", "2130706433", "127.1"]))
def test_an_address_is_no_domain(address):
    assert not accepts(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "localhost",
        "com",
        "рф",
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
        "acme.example\0",
        "_dmarc.acme.example",
        "*.acme.example",
        "user@acme.example",
        "ac--me.example",
        "xn--.example",
        "xn--a.example",
        "xn--acme-.example",
        "acme.xn--0",
        "a\u200bcme.example\u2044",
        "♥.example",
        "\u0301acme.example",
        f"{'a' * 64}.example",
        f"{'я' * 60}.example",
        ".".join(["a" * 63] * 4) + ".example",
        "я" * 100_000,
    ],
)
def test_what_is_no_domain_is_refused(text):
    with pytest.raises(InvalidInput, match="not a domain name") as caught:
        normalize_domain(text)
    assert caught.value.extra["errors"][0]["pointer"] == "/domain"


def test_the_longest_domain_has_253_characters():
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
    assert len(longest) == 253
    assert normalize_domain(longest) == normalize_domain(f"{longest}.") == longest
    assert not accepts(f"{longest}d")


@pytest.mark.parametrize(
    ("text", "domain"),
    {
        "Магазин.РФ": "xn--80aairftm.xn--p1ai",
        "XN--80AAIRFTM.xn--p1ai": "xn--80aairftm.xn--p1ai",
        "\u212aelvin.example": "kelvin.example",
        "acme。\uff45xample": "acme.example",
        "straße.example": "xn--strae-oqa.example",
        "日本語.jp": "xn--wgv71a119e.jp",
    }.items(),
)
def test_letters_are_mapped_as_browsers_do(text, domain):
    assert normalize_domain(text) == domain


@pytest.mark.parametrize(
    "text",
    [
        "аpple.com",  # one Cyrillic letter
        "xn--pple-43d.com",  # the same, in ASCII
        "аррӏе.com",  # all Cyrillic, and it reads as Latin
        "xn--80ak6aa92e.com",
        "shop.аррӏе-1.com",
        "ανοικτο.com".replace("κτ", ""),
        "gооgle.рф",
        "ωеb.example",
    ],
)
def test_a_domain_that_passes_for_another_is_refused(text):
    with pytest.raises(InvalidInput, match="passes for another"):
        normalize_domain(text)


@pytest.mark.parametrize(
    "text",
    [
        "сорока.рф",
        "рор.рф",  # readers expect Cyrillic there
        "магазин.com",
        "магазин-24.shop",
        "acme.магазин.рф",  # each label in one script
        "ラーメンtokyo.jp",
        "東京のラーメン.jp",
        "佐々木.jp",
        "한국어.kr",
        "한국大學.kr",
        "ελλάδα.gr",
        "café.fr",
        "l·l.cat",
        "تجربة۱۲.ir",
        "नमस्ते.in",
        "שלום.il",
    ],
)
def test_a_domain_in_the_script_of_its_language_is_fine(text):
    assert accepts(text)


@pytest.mark.parametrize(
    "host",
    ["acme.example", "ACME.Example", "acme.example:8000", "acme.example.", "acme.example.:443"],
)
def test_a_host_header_in_any_spelling_is_one_domain(host):
    assert host_name(host) == "acme.example"


@given(
    ADDRESSES | st.sampled_from(["", "localhost", "рф.example", "a" * 64 + ".example"]),
    st.none() | st.integers(0, 65535),
)
def test_a_host_without_a_domain_is_no_tenants_domain(host, port):
    assert host_name(host if port is None else f"{host}:{port}") == ""


@given(DOMAINS, st.none() | st.integers(1, 65535), st.sampled_from(["", "."]))
def test_a_browser_on_any_port_finds_the_stored_domain(domain, port, dot):
    host = normalize_domain(domain) + dot
    assert host_name(host if port is None else f"{host}:{port}") == normalize_domain(domain)


@pytest.mark.parametrize(
    "host", ["acme.example:80:80", "acme.example:http", "[::1", "::1", "[acme.example]", "a]b"]
)
def test_a_malformed_host_header_is_refused(host):
    with pytest.raises(InvalidInput, match="Host is malformed") as caught:
        host_name(host)
    assert caught.value.extra["errors"][0]["pointer"] == "/Host"


@given(st.text(max_size=20))
def test_any_host_header_is_read_or_refused(host):
    try:
        domain = host_name(host)
    except InvalidInput:
        return
    assert not domain or all(is_label(label) for label in domain.split("."))

"""Phone numbers: one spelling each, and only a glimpse of them in logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tochka_core.users.phones import masked, normalize_phone
from tochka_plugins import InvalidInput


@pytest.mark.parametrize(
    "spelling",
    [
        "+79123456789",
        "+7 912 345-67-89",
        "8 (912) 345-67-89",
        "89123456789",
        "9123456789",
        "810 7 912 345 67 89",
        " +7.912.345.67.89 ",
        "tel:+7-912-345-67-89",
        "٨٩١٢٣٤٥٦٧٨٩",
        "\uff0b79123456789",
    ],
)
def test_all_spellings_of_a_number_are_one(spelling):
    assert normalize_phone(spelling, region="RU") == "+79123456789"


@pytest.mark.parametrize(
    ("phone", "region", "expected"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("(212) 555-2368", "US", "+12125552368"),
        ("+49 30 123456", "RU", "+4930123456"),
        ("8 701 123 45 67", "KZ", "+77011234567"),
    ],
)
def test_a_number_without_country_code_is_of_the_region(phone, region, expected):
    assert normalize_phone(phone, region=region) == expected


@pytest.mark.parametrize("region", ["ZZ", "XX"])
def test_a_region_without_numbers_serves_numbers_with_country_code_only(region):
    assert normalize_phone("+79123456789", region=region) == "+79123456789"
    with pytest.raises(InvalidInput):
        normalize_phone("89123456789", region=region)


@pytest.mark.parametrize(
    "phone",
    [
        "",
        " ",
        "+",
        "phone",
        "123",
        "+7912345678",
        "+791234567890",
        "+999123456789",
        "\0",
        "9" * 300,
    ],
)
def test_what_is_no_number_is_refused(phone):
    with pytest.raises(InvalidInput, match="not a valid phone number") as caught:
        normalize_phone(phone, region="RU")
    assert caught.value.extra["errors"][0]["pointer"] == "/phone"


def test_the_caller_says_where_the_number_stands():
    with pytest.raises(InvalidInput) as caught:
        normalize_phone("no", region="RU", pointer="/owner_phone")
    assert caught.value.extra["errors"][0]["pointer"] == "/owner_phone"


@given(st.text() | st.text("+0123456789 -()xx;=", max_size=30))
def test_any_text_is_a_number_or_refused(text):
    try:
        number = normalize_phone(text, region="RU")
    except InvalidInput:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert normalize_phone(number, region="US") == number


def test_a_masked_number_shows_its_country_and_its_end():
    assert masked("+79123456789") == "+7******6789"


@given(st.text("0123456789", max_size=15), st.sampled_from(["", "+"]))
def test_a_masked_number_shows_at_most_six_digits(digits, plus):
    shown = masked(plus + digits)
    assert sum(character.isdigit() for character in shown) <= 6


@given(st.text("0123456789", min_size=7, max_size=15))
def test_a_masked_number_is_as_long_as_the_number(digits):
    assert len(masked(f"+{digits}")) == len(digits) + 1

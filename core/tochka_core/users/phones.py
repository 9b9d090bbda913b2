"""Phone numbers, one spelling each."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat
from tochka_plugins import InvalidInput


def normalize_phone(phone: str, *, region: str, pointer: str = "/phone") -> str:
    """Return *phone* in E.164, so that all spellings of one number are one person.

    *region* (ISO 3166-1 alpha-2) is assumed for a number without a country code; *pointer* says
    where in the request the number stands.

    Raises:
        InvalidInput: it is no phone number that can exist.
    """
    try:
        number = phonenumbers.parse(phone, region)
    except NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise InvalidInput("This is not a valid phone number.", pointer=pointer)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """Return *phone* fit for a log: `+7******4567`."""
    return f"{phone[:2]}{'*' * (len(phone) - 6)}{phone[-4:]}"


def phone_part(text: str, *, region: str) -> str:
    """Return what to look for in stored phones where a person types *text*, all of one or a part.

    A whole number is found in any spelling, a part with the usual separators or without.
    """
    try:
        return normalize_phone(text, region=region)
    except InvalidInput:
        return re.sub(r"[\s().-]+", "", text) or text

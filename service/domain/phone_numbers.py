"""Phone numbers as postings write them: spaced out, in full-width or Chinese digits, split over lines."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

__all__ = ["Number", "display", "mask", "numbers_in"]

# What advertisers write in place of digits so that programs shan't find them, and what OCR takes for others.
DIGITS = str.maketrans(
    "〇零Ｏ一壹幺二贰三叁四肆五伍六陆七柒八捌九玖０１２３４５６７８９", "00011122334455667788990123456789"
)
LOOKALIKES = str.maketrans("OoIl|", "00111")  # only where digits surround them
CONFUSED = re.compile(r"(?<=\d)[OoIl|](?=[\dOoIl|\s-])")
MOBILE = re.compile(r"(?<!\d)1[3-9](?:[\s.·*_-]{0,2}\d){9}(?!\d)")  # spaced out in any way


@dataclass(frozen=True)
class Number:
    """A number in E.164, such as +8613812345678, and as it was written."""

    e164: str
    as_written: str


def numbers_in(lines: Sequence[str]) -> list[Number]:
    """Return the valid numbers of mainland China in lines of text, each once, in their order.

    A number that a line breaks is found where two lines together hold one that neither holds alone.
    """
    found: dict[str, Number] = {}
    alone = [list(_numbers(line)) for line in lines]
    for i, numbers in enumerate(alone):
        broken = i + 1 < len(lines) and not numbers and not alone[i + 1]
        for number in _numbers(lines[i].rstrip() + lines[i + 1].lstrip()) if broken else numbers:
            found.setdefault(number.e164, number)
    return list(found.values())


def mask(e164: str) -> str:
    """Return a number for people who needn't know it: the middle is hidden."""
    shown = e164.removeprefix("+86")
    return f"{shown[:3]}****{shown[-4:]}" if len(shown) > 8 else f"{shown[:2]}****{shown[-2:]}"


def display(e164: str) -> str:
    """Return a number as people dial it within the country."""
    parsed = phonenumbers.parse(e164, "CN")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def _numbers(text: str) -> Iterator[Number]:
    plain = CONFUSED.sub(lambda match: match.group().translate(LOOKALIKES), text.translate(DIGITS))
    for match in MOBILE.finditer(plain):
        digits = re.sub(r"\D", "", match.group())
        yield Number(f"+86{digits}", text[match.start() : match.end()].strip())
    for call in phonenumbers.PhoneNumberMatcher(plain, "CN"):
        e164 = phonenumbers.format_number(call.number, phonenumbers.PhoneNumberFormat.E164)
        yield Number(e164, text[call.start : call.end].strip())

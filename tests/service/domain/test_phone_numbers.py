"""Numbers as postings write them."""

import pytest

from service.domain.phone_numbers import display, mask, numbers_in


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["疏通下水道 13812345678"], ["+8613812345678"]),
        (["电话: 138-1234-5678"], ["+8613812345678"]),
        (["１３８ １２３４ ５６７８"], ["+8613812345678"]),
        (["一三八一二三四五六七八"], ["+8613812345678"]),
        (["138.1234.5678 微信同号"], ["+8613812345678"]),
        (["138I234S678"], []),  # S isn't read as 5: no number is better than a wrong one
        (["138I2345678"], ["+8613812345678"]),
        (["138O2345678"], ["+8613802345678"]),
        (["办证 1381234", "5678 刻章"], ["+8613812345678"]),
        (["0571-88886666"], ["+8657188886666"]),
        (["400-820-8820"], ["+864008208820"]),
        (["QQ 123456789"], []),
        (["2026年11月26日", "330106198001011234"], []),
        (["13812345678 13912345678"], ["+8613812345678", "+8613912345678"]),
        (["13812345678", "138 1234 5678"], ["+8613812345678"]),
        ([], []),
    ],
)
def test_numbers(lines: list[str], expected: list[str]) -> None:
    assert [number.e164 for number in numbers_in(lines)] == expected


def test_mask_hides_the_middle() -> None:
    assert mask("+8613812345678") == "138****5678"
    assert "1234" not in mask("+8613812345678")
    assert display("+8613812345678") == "138 1234 5678"

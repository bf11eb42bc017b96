"""The kinds of problems that can be reported: one service for each code that the detector's categories stand for."""

from collections.abc import Iterator
from typing import Any

from service.domain.codes import Code, code_for
from vision.categories import CATEGORIES

__all__ = ["category_of_service", "service_code", "services"]

DESCRIPTIONS = {
    "garbage_pile": "地面上未装入容器的垃圾 Waste on the ground that no container carries",
    "overflowing_bin": "垃圾高出桶口 Waste above the rim of its container",
    "stacked_debris": "乱堆放的杂物、旧家具、建材 Debris, old furniture or building material in the way",
    "illegal_posting": "张贴的小广告 Postings stuck on walls and poles",
    "graffiti": "乱涂写、喷涂 Writing and drawing on walls",
    "litter": "零星散落的垃圾 Scattered litter",
}


def service_code(code: Code) -> str:
    """Return a code with its standard, as bare codes mean different things in different lists."""
    return f"{code.standard}:{code.code}"


def services() -> Iterator[dict[str, Any]]:
    """Yield the services; of two categories with one code the first stands for it."""
    seen = set()
    for category in CATEGORIES:
        if not category.is_problem:
            continue
        code = code_for(category.name)
        if code.code in seen:
            continue
        seen.add(code.code)
        yield {
            "service_code": service_code(code),
            "service_name": code.name,
            "description": DESCRIPTIONS[category.name],
            "metadata": False,
            "type": "realtime",
            "keywords": f"{category.zh},{category.name}",
            "group": "市容环境",
        }


def category_of_service(code: str) -> str | None:
    """Return the category that a service code, with its standard, stands for; None if there is none."""
    for category in CATEGORIES:
        if category.is_problem and service_code(code_for(category.name)) == code:
            return category.name
    return None

"""What a comparison of two photos came to, in one sentence for people, as evidence keeps it."""

from typing import Any

from vision.categories import category_of

__all__ = ["SENTENCES", "comparison_of"]

# Verdict, and what it says of a category, in Chinese and English.
SENTENCES: dict[str, tuple[str, str, str]] = {
    "still": (
        "still",
        "与此前照片为同一处，{zh}仍在",
        "the same spot as in the earlier photo: the {en} is still there",
    ),
    "maybe": (
        "unclear",
        "同一地点已有案件 {number}，画面无法比对，可能重复",
        "issue {number} is at the same place, look unclear: this {en} may be the same",
    ),
    "elsewhere": (
        "unclear",
        "与案件 {number} 在同一画面的另一处，按新问题记录",
        "in the same view as issue {number} but in another spot: recorded as another {en}",
    ),
    "gone": ("gone", "与此前照片为同一地点，原位置未再检出{zh}", "same place as before: no {en} found where it was"),
    "recurred": ("still", "案件 {number} 结案后，同一处再次发现{zh}", "{en} again where issue {number} was closed"),
    "after_gone": (
        "gone",
        "照片与整改前为同一地点，原位置未再检出{zh}",
        "same place as before the rectification: no {en} found where it was",
    ),
    "after_still": (
        "still",
        "照片与整改前为同一地点，原位置仍检出{zh}",
        "same place as before the rectification: {en} is still found where it was",
    ),
    "after_unchanged": (
        "unclear",
        "原位置画面与整改前几乎相同，但未检出{zh}，请人工核对",
        "the spot looks as it did before, though no {en} was found: please look",
    ),
    "after_out_of_view": (
        "unclear",
        "照片与整改前为同一地点，但原位置不在画面内",
        "same place as before the rectification, but the spot of the {en} isn't in the photo",
    ),
    "after_unknown": (
        "unclear",
        "无法确认照片与整改前为同一地点，照片中未检出{zh}",
        "can't tell whether this is the same place as before; no {en} found in the photo",
    ),
    "after_unknown_found": (
        "unclear",
        "无法确认照片与整改前为同一地点，照片中检出{zh}",
        "can't tell whether this is the same place as before; {en} found in the photo",
    ),
    "after_alone": (
        "unclear",
        "案件没有可比对的整改前照片",
        "there is no earlier photo of the {en} to compare with",
    ),
}
SURE = 60  # keypoints that agree, from which on there is no doubt


def comparison_of(
    key: str, category: str, *, points: int = 0, photo_id: int | None = None, overlap: float = 0.0, number: int = 0
) -> dict[str, Any]:
    """Return a comparison: `verdict` (gone, still, unclear), `reason` and `reason_en`, `matched` 0..1, `photo_id`,
    `overlap` 0..1, and `issue_id` where another issue is meant.

    Args:
        key: Of `SENTENCES`.
        category: Of the problem.
        points: Keypoints that agree.
        photo_id: The other photo.
        overlap: Share of this photo that the other one covers.
        number: Of the other issue.
    """
    verdict, zh, en = SENTENCES[key]
    words = {"zh": category_of(category).zh, "en": category.replace("_", " "), "number": number}
    found: dict[str, Any] = {
        "verdict": verdict,
        "reason": zh.format(**words),
        "reason_en": en.format(**words),
        "matched": round(min(points / SURE, 1.0), 3),
        "photo_id": photo_id,
        "overlap": overlap,
    }
    return found | ({"issue_id": number} if number else {})

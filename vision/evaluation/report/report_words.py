"""What the report calls things, in Chinese and English, and what it says of them."""

from vision.categories import category_of
from vision.evaluation.record import ErrorKind, Slice

__all__ = [
    "CONDITIONS",
    "ERROR_WORDS",
    "GLOSSARY",
    "KINDS",
    "LIGHT",
    "PARTS",
    "STAGES",
    "Words",
    "both",
    "category_words",
    "level_words",
    "number",
    "slice_words",
    "unit_words",
]

Words = tuple[str, str]  # Chinese and English

KINDS: dict[str, Words] = {
    "onnx": ("ONNX 模型", "ONNX model"),
    "ultralytics": ("Ultralytics 模型", "Ultralytics model"),
    "predictions": ("检测结果文件", "file of predictions"),
}

ERROR_WORDS: dict[ErrorKind, tuple[Words, Words]] = {
    "classification": (
        ("类别错", "wrong category"),
        ("框对了，类别认错了。", "The box is right, its category is not."),
    ),
    "localisation": (
        ("位置偏", "badly placed"),
        ("类别对了，框画偏了。", "The category is right, but the box is off."),
    ),
    "both": (
        ("类别和位置都错", "both wrong"),
        ("框画偏了，类别也认错了。", "The box is off, and its category is wrong."),
    ),
    "duplicate": (
        ("重复", "duplicate"),
        ("同一处问题已有得分更高的框。", "A surer box has already found the same thing."),
    ),
    "background": (
        ("误报", "false find"),
        ("框里没有标注任何东西。", "Nothing is labelled there."),
    ),
    "missed": (
        ("漏报", "missed"),
        ("标注了，却没有任何框找到它。", "It is labelled, but no box found it."),
    ),
}

PARTS: dict[str, tuple[Words, Words]] = {
    "brightness": (
        ("照片亮度", "Brightness of the photo"),
        ("平均亮度，0 为全黑，255 为全白。", "Mean brightness, 0 is black and 255 white."),
    ),
    "sharpness": (
        ("照片清晰度", "Sharpness of the photo"),
        ("数值越小越模糊。", "The lower, the blurrier."),
    ),
    "box_size": (
        ("目标大小", "Size of the thing"),
        (
            "按原图面积：32² 像素以下为小，96² 以上为大。",
            "By area on the photo: small is below 32² pixels, large above 96².",
        ),
    ),
    "source": (
        ("照片来源", "Source of the photo"),
        ("各来源的拍摄方式和标注习惯不同。", "Sources differ in how they shoot and label."),
    ),
}
SIZE_WORDS: dict[str, Words] = {"small": ("小", "small"), "medium": ("中", "medium"), "large": ("大", "large")}
LIGHT: dict[str, Words] = {"day": ("白天", "day"), "dark": ("昏暗", "dark")}

CONDITIONS: dict[str, Words] = {
    "clean": ("原图", "clean"),
    "jpeg": ("压缩", "JPEG compression"),
    "blur": ("模糊", "blur"),
    "low_light": ("光线不足", "low light"),
    "rain": ("下雨", "rain"),
    "fog": ("有雾", "fog"),
    "rotation": ("拍歪", "rotation"),
    "downscale": ("缩小", "downscaling"),
}

# By unit: what stands at the axis, and how a level is said.
UNITS: dict[str, tuple[str, Words]] = {
    "quality": ("质量 quality", ("质量 {}", "quality {}")),
    "px at 640 px": ("拖影 blur, px", ("{} 像素的拖影（照片缩到 640 像素）", "{} px of blur at 640 px")),
    "of the light": ("剩余光线 of the light", ("剩 {} 的光线", "{} of the light")),
    "mm/h": ("毫米/小时 mm/h", ("每小时 {} 毫米", "{} mm/h")),
    "m of visibility": ("能见度 visibility, m", ("能见度 {} 米", "{} m of visibility")),
    "°": ("度 degrees", ("{}°", "{}°")),
    "px": ("长边 longer side, px", ("长边 {} 像素", "{} px")),
}

STAGES: dict[str, Words] = {
    "decode": ("解码", "decode"),
    "preprocess": ("预处理", "preprocess"),
    "network": ("网络", "network"),
    "postprocess": ("后处理", "postprocess"),
}

# Id on the page, name, meaning.
GLOSSARY: tuple[tuple[str, Words, Words], ...] = (
    (
        "interval",
        ("95% 区间", "95 % interval"),
        (
            "照片换一批，数字也会变。同样的评估做很多次，这样算出的区间约有 95% 包含真实值。区间宽，说明照片还不够多。",
            "Other photos would give another figure. Were the evaluation repeated often, about 95 % of such intervals "
            "would hold the true value. A wide one says that there are too few photos.",
        ),
    ),
    (
        "recall",
        ("召回率", "Recall"),
        (
            "该找出的里面，找出了多少。漏得越少，召回率越高。",
            "Of what should be found, the share that is found. The less is missed, the higher it is.",
        ),
    ),
    (
        "precision",
        ("精确率", "Precision"),
        (
            "报出来的里面，对的有多少。误报越少，精确率越高。",
            "Of what is reported, the share that is right. The fewer false finds, the higher it is.",
        ),
    ),
    (
        "alarms",
        ("误报率", "False-alarm rate"),
        (
            "干净的照片里，被误判为需要到场的有多少。",
            "Of the clean photos, the share that is wrongly flagged for a visit.",
        ),
    ),
    (
        "iou",
        ("交并比 IoU", "IoU"),
        (
            "两个框重叠部分的面积，除以两个框合起来的面积。1 为完全重合，0 为不相交。达到 0.5 通常算找对。",
            "The area that two boxes share over the area that they cover together: 1 where they are the same, 0 where "
            "they don't meet. From 0.5 on, a find usually counts as right.",
        ),
    ),
    (
        "ap",
        ("平均精度 AP", "AP, average precision"),
        (
            "把阈值从高到低走一遍，召回率 0 到 1 之间精确率的平均值。1 为完美。AP50 要求 IoU 达到 0.5，AP75 要求 0.75，"
            "AP50-95 为 0.5 到 0.95 十种要求的平均。",
            "Precision, averaged over all recalls from 0 to 1 as the threshold goes down; 1 is perfect. AP50 asks for "
            "an IoU of 0.5, AP75 for 0.75, and AP50-95 is the mean over ten demands from 0.5 to 0.95.",
        ),
    ),
    (
        "ar",
        ("平均召回率 AR100", "AR100, average recall"),
        (
            "每张照片最多取 100 个框时的召回率，取 IoU 0.5 到 0.95 的平均。",
            "Recall with at most 100 boxes per photo, averaged over IoU 0.5 to 0.95.",
        ),
    ),
    (
        "roc",
        ("ROC 曲线", "ROC curve"),
        (
            "阈值变化时，召回率随误报率怎样变化。越靠左上角越好；曲线下面积 1 为完美，0.5 等于瞎猜。",
            "How recall and false alarms go together as the threshold changes. The nearer to the top left, the better; "
            "an area of 1 is perfect, 0.5 is guessing.",
        ),
    ),
    (
        "ece",
        ("校准误差 ECE", "ECE, calibration error"),
        (
            "得分与实际正确比例平均相差多少。0 表示得分 0.7 的框，10 个里正好 7 个是对的。",
            "How far scores are from the share that is right, on average. 0: of ten boxes with a score of 0.7, "
            "seven are right.",
        ),
    ),
    (
        "scene",
        ("场景", "Scene"),
        (
            "同一地点或同一次连拍的照片算一个场景。它们彼此相似，所以区间按场景而不是按照片计算。",
            "Photos of one place or burst are one scene. They resemble each other, so intervals count scenes and not "
            "photos.",
        ),
    ),
    (
        "source",
        ("未标注", "Not labelled"),
        (
            "某个来源没有标注某一类别时，那里报出的这一类别既不算对，也不算错。",
            "Where a source doesn't label a category, a find of that category there is neither right nor wrong.",
        ),
    ),
    (
        "percentiles",
        ("p50 与 p95", "p50 and p95"),
        (
            "一半的照片比 p50 快；100 张里有 95 张比 p95 快。",
            "Half of the photos are faster than p50; 95 of 100 are faster than p95.",
        ),
    ),
)


def category_words(name: str) -> Words:
    """Return a category's names."""
    return category_of(name).zh, name.replace("_", " ")


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def both(words: Words) -> str:
    """Return both languages on one line, as plots show them; a name that is the same in both only once."""
    return " ".join(dict.fromkeys(words))


def slice_words(part: Slice) -> Words:
    """Return what a slice is called; ranges are the same in both languages."""
    if part.name:
        return SIZE_WORDS.get(part.name, (part.name, part.name)) if part.by == "box_size" else (part.name, part.name)
    if part.low is None and part.high is None:
        return "全部", "all"
    if part.low is None:
        text = f"< {_short(part.high)}"
    else:
        text = f"≥ {_short(part.low)}" if part.high is None else f"{_short(part.low)} – {_short(part.high)}"
    return text, text


def unit_words(unit: str) -> tuple[str, Words]:
    """Return what stands at an axis of such levels, and how one is said: two texts with `{}` for the level."""
    return UNITS.get(unit, (unit, (f"{{}} {unit}", f"{{}} {unit}")))


def level_words(level: str, unit: str) -> Words:
    """Return how a level is said."""
    zh, en = unit_words(unit)[1]
    return zh.replace("{}", level), en.replace("{}", level)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"

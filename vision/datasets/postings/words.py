"""What small ads say. Every phone number is invented and can't be dialled."""

from __future__ import annotations

import numpy as np

__all__ = ["DETAILS", "SHORT", "TRADES", "choice", "phone_number"]

SHORT = ("开锁", "办证", "刻章", "贷款", "疏通", "招租", "搬家", "防水", "回收", "借款", "打孔", "补漏")
TRADES = (
    "疏通下水道",
    "高价回收",
    "防水补漏",
    "收旧手机",
    "修空调",
    "代办信用卡",
    "专业开锁",
    "办证刻章",
    "小额贷款",
    "房屋出租",
    "马桶疏通",
    "家电维修",
    "回收旧家电",
    "打孔 钻墙",
    "管道疏通",
    "上门开锁",
    "无抵押贷款",
    "长途搬家",
    "高价收药",
    "急招工人",
)
DETAILS = (
    "上门服务",
    "随叫随到",
    "当天放款",
    "无抵押 无担保",
    "专业团队",
    "价格优惠",
    "家电 家具 空调",
    "精装两室 拎包入住",
    "24小时服务",
    "开锁 换锁 修锁",
    "厨卫 地漏 马桶",
    "学历 资格 发票",
    "凭身份证即可",
    "不通不收费",
    "月租面议 押一付一",
    "包吃住 日结",
)


def choice(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    """Pick one."""
    return words[int(rng.integers(len(words)))]


def phone_number(rng: np.random.Generator) -> str:
    """Invent a phone number that can't be assigned: its middle is blanked out, or it starts with 000."""
    tail = f"{rng.integers(0, 10000):04d}"
    return f"1{rng.choice(['38', '59', '77', '86'])}****{tail}" if rng.random() < 0.6 else f"000-{tail}-{tail[::-1]}"

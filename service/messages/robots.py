"""Group robots of WeCom (企业微信群机器人) and DingTalk (钉钉自定义机器人): their forms, signature and answers.

Both answer HTTP 200 whatever happens; `errcode` tells. Both take 20 messages a minute.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

from service.messages.content import Content

__all__ = ["PER_MINUTE", "dingtalk", "dingtalk_query", "problem_of", "wecom"]

PER_MINUTE = 18  # 20 are taken; attempts that failed may have been counted, too
LIMITED = {45009, 130101, 410100}  # WeCom; DingTalk, in two of its editions
# Bytes that WeCom takes.
TITLE_BYTES, DESCRIPTION_BYTES, MARKDOWN_BYTES = 128, 512, 4096
DINGTALK_BYTES = 5000
# What people wrote mustn't become links or mentions of everybody.
PLAIN = str.maketrans(
    {"[": "［", "]": "］", "<": "＜", ">": "＞", "*": "＊", "#": "＃", "`": "＇", "\n": " ", "\r": " "}
)


def wecom(content: Content) -> dict[str, Any]:
    """Return the body for a WeCom robot: a card with picture and link where there are links, else text."""
    if content.url:
        article = {
            "title": _cut(content.title, TITLE_BYTES),
            "description": _cut("\n".join(f"{label}：{text}" for label, text in content.lines), DESCRIPTION_BYTES),
            "url": content.url,
        }
        if content.photo_url:
            article["picurl"] = content.photo_url
        return {"msgtype": "news", "news": {"articles": [article]}}
    lines = [f"**{content.title.translate(PLAIN)}**"]
    lines += [f">{label}：{text.translate(PLAIN)}" for label, text in content.lines]
    return {"msgtype": "markdown", "markdown": {"content": _cut("\n".join(lines), MARKDOWN_BYTES)}}


def dingtalk(content: Content) -> dict[str, Any]:
    """Return the body for a DingTalk robot: a card with picture and button where there are links, else text."""
    title = content.title.translate(PLAIN)
    lines = [f"### {title}"]
    if content.photo_url:
        lines.append(f"![照片]({content.photo_url})")
    lines += [f"- {label}：{text.translate(PLAIN)}" for label, text in content.lines]
    text = _cut("\n\n".join(lines), DINGTALK_BYTES)
    if not content.url:
        return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    card = {"title": title, "text": text, "singleTitle": "查看案件", "singleURL": content.url}
    return {"msgtype": "actionCard", "actionCard": card}


def dingtalk_query(secret: str, milliseconds: int) -> dict[str, str]:
    """Return what is added to the URL of a robot with 加签: time and signature, still to be URL-encoded."""
    text = f"{milliseconds}\n{secret}"
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return {"timestamp": str(milliseconds), "sign": base64.b64encode(mac).decode()}


def problem_of(answer: bytes) -> tuple[str, bool]:
    """Return what a robot complains of, empty if it took the message, and whether it is that too many came."""
    try:
        parsed = json.loads(answer)
        code = int(parsed["errcode"])
    except (ValueError, KeyError, TypeError):
        return "无法识别的应答 (the answer isn't a robot's)", False
    if code == 0:
        return "", False
    return f"errcode {code}: {parsed.get('errmsg', '')}", code in LIMITED


def _cut(text: str, size: int) -> str:
    """Return text of at most `size` bytes, no character cut in half."""
    data = text.encode()
    return text if len(data) <= size else data[: size - 3].decode(errors="ignore") + "…"

"""Texts of XML elements."""

from xml.etree.ElementTree import Element, SubElement

__all__ = ["child_text", "set_child"]


def child_text(element: Element | None, tag: str) -> str:
    """Return the text of a child, without spaces round it; empty if there is none."""
    return "" if element is None else (element.findtext(tag) or "").strip()


def set_child(element: Element, tag: str, text: str) -> None:
    """Set the text of a child, adding it if there is none."""
    child = element.find(tag)
    (SubElement(element, tag) if child is None else child).text = text

"""The signature as a receiver checks it."""

import hashlib
import hmac

import pytest

from service.messages.signature import sign, verify

BODY = b'{"id": "1", "event": "issue.dispatch"}'


def test_sign() -> None:
    mac = hmac.new(b"secret", b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert sign("secret", "1700000000", BODY) == f"sha256={mac}"


@pytest.mark.parametrize(
    ("secret", "timestamp", "body", "present", "is_genuine"),
    [
        ("secret", "1700000000", BODY, 1_700_000_010, True),
        ("secret", "1700000000", BODY, 1_700_000_301, False),
        ("secret", "1700000000", BODY, 1_699_999_699, False),
        ("other", "1700000000", BODY, 1_700_000_010, False),
        ("secret", "1700000001", BODY, 1_700_000_010, False),
        ("secret", "1700000000", BODY + b" ", 1_700_000_010, False),
        ("secret", "", BODY, 1_700_000_010, False),
        ("secret", "±", BODY, 1_700_000_010, False),
    ],
)
def test_verify(secret: str, timestamp: str, body: bytes, present: float, is_genuine: bool) -> None:
    signature = sign("secret", "1700000000", BODY)
    assert verify(secret, timestamp, body, signature, present) is is_genuine


def test_strange_signatures() -> None:
    for signature in ("", "sha256=", "sha256=签名", sign("secret", "abc", BODY)):
        assert not verify("secret", "abc", BODY, signature, 0)

"""How a receiver knows that a message is ours, whole, and fresh.

The header `X-CleanLane-Signature` is `sha256=` and, in hexadecimal, the HMAC-SHA256 with the webhook's secret of the
header `X-CleanLane-Timestamp` (seconds since 1970), a full stop, and the body as it came. `verify` is all that a
receiver needs; it may be copied into one. `X-CleanLane-Delivery` stays the same when a message is sent again.
"""

import hashlib
import hmac

__all__ = ["DELIVERY", "SIGNATURE", "TIMESTAMP", "TOLERANCE", "sign", "verify"]

DELIVERY = "X-CleanLane-Delivery"
TIMESTAMP = "X-CleanLane-Timestamp"
SIGNATURE = "X-CleanLane-Signature"
TOLERANCE = 300  # seconds that a message may be old


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the value of the signature's header."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def verify(secret: str, timestamp: str, body: bytes, signature: str, present: float) -> bool:
    """Return whether a message is genuine, and at most five minutes from `present` (seconds since 1970)."""
    is_genuine = hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.encode())
    return is_genuine and timestamp.isdigit() and abs(present - int(timestamp)) <= TOLERANCE

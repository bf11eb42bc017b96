"""One-time links for whoever lost a password, from the command line."""

from sqlalchemy import select

from service.domain.roles import Role
from service.state import Service
from service.store.people import User
from service.store.sign_in import make_link
from vision.errors import UserError

__all__ = ["link_of"]


def link_of(service: Service, username: str = "") -> str:
    """Return the token of a link that signs a user in once, and forget the password; by default an administrator's.

    Raises:
        UserError: There is no such active user.
    """
    query = select(User).where(User.is_active).order_by(User.id)
    wanted = query.where(User.username == username) if username else query.where(User.role == Role.ADMIN)
    with service.database.write() as session:
        user = session.scalar(wanted)
        if user is None:
            raise UserError(f"there is no active user {username!r}" if username else "there is no administrator yet")
        user.password_hash = ""  # it was lost: a new one can be set without it
        return make_link(session, user)

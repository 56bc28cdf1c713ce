"""Pages of records with facts that are known until a horizon."""

from typing import TypeVar

from app.api.lists.pagination import Page
from app.api.read_models import UtcInstant

T = TypeVar("T")


class HorizonPage(Page[T]):
    """Page of a list of crews, with their horizon."""

    known_until: UtcInstant | None
    """Time until which missions, crews and landings are known, or null if there is no limit."""

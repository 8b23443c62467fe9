"""What all tables share: many values asked for in parts."""

from hypothesis import given
from hypothesis import strategies as st

from gallery.models.base import in_parts


@given(st.lists(st.integers(), max_size=50), st.integers(1, 9))
def test_parts_are_all_values_in_their_order_and_none_is_too_long(values: list[int], most: int) -> None:
    parts = list(in_parts(iter(values), most))
    assert [value for part in parts for value in part] == values
    assert all(len(part) == most for part in parts[:-1]) and all(0 < len(part) <= most for part in parts)

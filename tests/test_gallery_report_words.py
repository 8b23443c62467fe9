"""Figures of a report as people read them: shares with their intervals, histograms, scales, centuries and sizes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gallery.report.contents import by_century, histogram
from gallery.report.pairs import remaining
from gallery.report.words import centuries, figure, placed, ticks
from gallery.shares import wilson
from gallery.wording import century


@settings(deadline=None)
@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 1000))
def test_the_interval_holds_the_share_and_narrows(trials: int, hits: int, waiting: int) -> None:
    hits = min(hits, trials)
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials + 1e-9 and hits / trials - 1e-9 <= high <= 1
    wide = wilson(hits, trials)
    narrow = wilson(10 * hits, 10 * trials)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    guess = remaining([(waiting, trials, hits)])
    assert guess[1] <= guess[0] <= guess[2] <= waiting  # type: ignore[operator]


@settings(deadline=None)
@given(st.dictionaries(st.integers(-3000, 99_999), st.integers(1, 5000), max_size=40))
def test_a_histogram_shows_or_counts_every_work(years: dict[int, int]) -> None:
    made = histogram(years)
    shown = sum(count for _, count in made["bars"])
    assert shown + made["before"] + made["after"] == sum(years.values())
    assert len(made["bars"]) <= 48
    assert all(
        later - first == made["width"] for (first, _), (later, _) in zip(made["bars"], made["bars"][1:], strict=False)
    )


@given(st.integers(-3000, 3000))
def test_a_year_is_of_the_century_that_other_pages_name(year: int) -> None:
    assert [name for name, _ in centuries([(number, count) for number, count in by_century({year: 1})])] == [
        century(year)
    ]


def test_one_year_that_is_a_mistake_does_not_stretch_the_axis() -> None:
    made = histogram({1850 + at % 100: 50 for at in range(100)} | {12: 1, 91_850: 1})
    assert (made["bars"][0][0] > 1800, made["before"], made["after"]) == (True, 1, 1)


def test_figures_are_written_as_people_read_them() -> None:
    assert [figure(each, "share") for each in (0.0, 0.5, 0.99999, 1.0, None)] == [
        "0 %",
        "50 %",
        "over 99.9 %",
        "100 %",
        "–",
    ]
    assert [figure(each, "bytes") for each in (0, 999, 41_956_105, 5e15)] == [
        "0 bytes",
        "999 bytes",
        "42.0 MB",
        "5,000.0 TB",
    ]
    assert [name for name, _ in centuries([(-3, 1), (0, 1), (1, 1), (11, 1), (19, 1), (21, 1)])] == [
        *("4th century BC", "1st century BC", "1st century", "11th century", "19th century", "21st century"),
    ]
    assert placed([("2026-11-01", 1), ("2026-11-11", 5)]) == [(0, 1), (1, 1), (1, 5)]


@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_a_scale_has_a_few_round_marks(most: int) -> None:
    marks = ticks(most)
    assert len(marks) <= 4 and all(0 < mark <= most for mark in marks)
    assert bool(marks) == (most >= 1)

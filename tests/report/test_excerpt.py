"""What an excerpt keeps of a long list."""

from testbay.report.excerpt import Excerpt, Gap


def kept(excerpt: Excerpt[int]) -> list[int | Gap]:
    return list(excerpt)


def test_a_short_list_is_kept_whole() -> None:
    excerpt: Excerpt[int] = Excerpt(3, 3)
    for i in range(6):
        excerpt.add(i)
    assert kept(excerpt) == [0, 1, 2, 3, 4, 5]


def test_of_a_long_list_the_ends_are_kept_and_the_gap_is_counted() -> None:
    excerpt: Excerpt[int] = Excerpt(2, 2)
    for i in range(100):
        excerpt.add(i)
    assert kept(excerpt) == [0, 1, Gap(96), 98, 99]
    assert excerpt.count == 100


def test_what_surrounds_the_decisive_mark_is_kept() -> None:
    excerpt: Excerpt[int] = Excerpt(1, 1, around=2)
    for i in range(50):
        excerpt.mark(i, decisive=True) if i == 20 else excerpt.add(i)
    assert kept(excerpt) == [0, Gap(17), 18, 19, 20, 21, 22, Gap(26), 49]


def test_other_marks_are_kept_alone_and_only_so_many() -> None:
    excerpt: Excerpt[int] = Excerpt(1, 1, around=2, marks=2)
    for i in range(50):
        excerpt.mark(i) if i in (10, 20, 30) else excerpt.add(i)
    assert kept(excerpt) == [0, Gap(9), 10, Gap(9), 20, Gap(28), 49]


def test_marks_near_the_ends_leave_no_gap_of_nothing() -> None:
    excerpt: Excerpt[int] = Excerpt(2, 2, around=3)
    for i in range(8):
        excerpt.mark(i, decisive=True) if i == 3 else excerpt.add(i)
    assert kept(excerpt) == [0, 1, 2, 3, 4, 5, 6, 7]


def test_an_excerpt_without_an_end_says_how_much_follows() -> None:
    excerpt: Excerpt[int] = Excerpt(2, 0)
    for i in range(5):
        excerpt.add(i)
    assert kept(excerpt) == [0, 1, Gap(3)]
    assert list(excerpt.items()) == [0, 1]

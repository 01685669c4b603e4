"""What people wrote in a page is kept word for word."""

from hypothesis import given
from hypothesis import strategies as st

from epm.report.regions import human_regions, keep_human_regions

PAGE = """# Page
<!-- epm:human one -->
{one}<!-- /epm:human -->
between {number}
<!-- epm:human two -->
{two}<!-- /epm:human -->
"""


@given(st.text(alphabet="ab\\1\\g<0>{}\n", max_size=30), st.text(alphabet="ab $^\n", max_size=30))
def test_regions_are_kept_word_for_word(one: str, two: str) -> None:
    earlier = PAGE.format(one=one, two=two, number=1)
    fresh = PAGE.format(one="prompt\n", two="prompt\n", number=2)
    kept = keep_human_regions(fresh, earlier)
    assert human_regions(kept) == {"one": one, "two": two}
    assert "between 2" in kept


def test_a_region_that_the_earlier_page_lacks_keeps_its_prompt() -> None:
    fresh = PAGE.format(one="prompt\n", two="prompt\n", number=2)
    assert keep_human_regions(fresh, "nothing here") == fresh

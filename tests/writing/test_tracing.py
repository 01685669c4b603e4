"""Numbers know where they come from, whatever a template does with them; or it may not do it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from results_files import made_up

from epm.errors import EpmError
from epm.report.render import templates
from epm.results import Count
from epm.writing.tracing import bind, pointer_of, total, traced, untraced
from epm_lint.binding.pointers import resolve

VALUES: Any = {
    "rate": 0.25,
    "n": 7,
    "text": "12 of them",
    "digits": "12",
    "whole": True,
    "nothing": None,
    "sizes": [3, 1, 2],
    "rates": {"a": 0.5, "b": 0.125},
}


def rendered(template: str, values: Any = VALUES) -> str:
    return templates().from_string(template).render(r=traced(values, "/r"), plain=VALUES)


def parts(template: str) -> list[tuple[str, str, str]]:
    """Text, pointer and form of each number that a template writes and knows the origin of."""
    body = rendered(template)
    return [
        (bound.figure.text, part.pointer, part.form)
        for unit in bind(f"Found: {body}.", "", ())
        for bound in unit.figures
        for part in bound.parts
    ]


# ------------------------------------------------------------------ what keeps the pointer


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ r.n }}", [("7", "/r/n", "plain")]),
        ("{{ r.rate | percent }}", [("25%", "/r/rate", "percent:0")]),
        ("{{ r.rate | number(3) }}", [("0.250", "/r/rate", "number:3")]),
        ('{{ "n " ~ r.n ~ "!" }}', [("7", "/r/n", "plain")]),
        ('{{ "at most " ~ (r.rate | percent) }}', [("25%", "/r/rate", "percent:0")]),
        (
            '{{ r.sizes | join(" and ") }}',
            [(str(n), f"/r/sizes/{i}", "plain") for i, n in enumerate((3, 1, 2))],
        ),
        ("{{ r.sizes | max }}", [("3", "/r/sizes/0", "plain")]),
        ("{{ r.sizes | min }}", [("1", "/r/sizes/1", "plain")]),
        ("{{ r.rates.values() | max | percent }}", [("50%", "/r/rates/a", "percent:0")]),
        ("{{ r.sizes | sort | last }}", [("3", "/r/sizes/0", "plain")]),
        ("{{ r.sizes | length }}", [("3", "length /r/sizes", "plain")]),
        ("{{ r.n | string }}", [("7", "/r/n", "plain")]),
        ("{{ r.n | int }}", [("7", "/r/n", "plain")]),
        ("{{ r.rate | float }}", [("0.25", "/r/rate", "plain")]),
        ("{{ r.rate | default(1) }}", [("0.25", "/r/rate", "plain")]),
        ("{{ [r.n, r.n] }}", [("7", "/r/n", "plain"), ("7", "/r/n", "plain")]),
        ("{% set x = r.n %}{{ x }}", [("7", "/r/n", "plain")]),
        ("{{ r.n if r.n > 3 else 0 }}", [("7", "/r/n", "plain")]),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(r.n) }}", [("7", "/r/n", "plain")]),
        ("{{ r.text }}", [("12", "/r/text", "plain")]),
        ("{{ (r.digits | int) }}", [("12", "/r/digits", "plain")]),
        ('{{ "{} of {}".format(r.n, r.n) }}', [("7", "/r/n", "plain")] * 2),
    ],
)
def test_what_keeps_the_pointer(template: str, found: list[tuple[str, str, str]]) -> None:
    assert parts(template) == found


def test_a_sum_knows_its_parts() -> None:
    counts = [Count(total=(1, 9)), Count(total=(2, 12))]
    known = [traced(count, f"/counts/{at}") for at, count in enumerate(counts)]
    values = [type("Holder", (), {"n": count.total[1]})() for count in known if count.total]
    found = total(values, "n")
    assert found == 21
    pointer = pointer_of(found)
    assert pointer == "sum /counts/0/total/1 /counts/1/total/1"
    document = {"counts": [{"total": [1, 9]}, {"total": [2, 12]}]}
    assert resolve(document, pointer) == 21
    bare = [type("Holder", (), {"n": n})() for n in (9, 12)]
    assert (total(bare, "n"), pointer_of(total(bare, "n"))) == (21, None)


@pytest.mark.parametrize(
    "template",
    [
        "{{ r.n > 3 }}{{ r.n == 7 }}{{ r.rate < 1 }}{{ 3 <= r.n }}{{ r.n != r.rate }}",
        "{{ 'x' if r.n in [7, 8] else 'y' }}{{ r.n is number }}{{ r.n is defined }}",
        "{% for i in range(r.n) %}x{% endfor %}",
        "{{ ['a', 'b', 'c'][r.sizes | min] }}",
    ],
)
def test_numbers_may_be_compared_and_counted_by(template: str) -> None:
    assert untraced(rendered(template)) == rendered(template.replace("r.", "plain."))


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    "template",
    [
        *(f"{{{{ r.n {operator} 2 }}}}" for operator in ("+", "-", "*", "/", "//", "%", "**")),
        *(f"{{{{ 2 {operator} r.rate }}}}" for operator in ("+", "-", "*", "/", "//", "%", "**")),
        "{{ r.rate - r.rates.a }}",
        "{{ -r.rate }}",
        "{{ +r.n }}",
        "{{ r.rate | abs }}",
        "{{ r.rate | round(1) }}",
        "{{ r.rate | round(1, 'ceil') }}",
        "{{ r.rate | int }}",
        "{{ (r.rate | float) * 100 }}",
        "{{ (r.n | int) + 1 }}",
        "{{ (r.digits | int) + 1 }}",
        "{{ (r.sizes | length) - 1 }}",
        "{{ (r.sizes | max) - (r.sizes | min) }}",
        "{{ r.sizes | sum }}",
        "{{ '%.1f' % r.rate }}",
        "{{ '%s and %d' % ('x', r.n) }}",
        "{{ '%.1f' | format(r.rate) }}",
        "{{ '{:.1f}'.format(r.rate) }}",
        "{{ '{x:d}'.format(x=r.n) }}",
        "{{ r.n is even }}",
        "{{ r.n is divisibleby(7) }}",
        "{{ 'x' * r.n }}",
        "{% set ns = namespace(sum=0) %}{% set ns.sum = ns.sum + r.n %}",
        "{% for n in r.sizes | map('float') %}{{ n + 1 }}{% endfor %}",
    ],
)
def test_arithmetic_is_refused_by_name(template: str) -> None:
    with pytest.raises(EpmError) as raised:
        rendered(template)
    assert raised.value.what.startswith("the template computes with /r/") or (
        raised.value.what.startswith("the template computes with length /r/")
    )
    assert "name an analysis that gives the number" in raised.value.remedy


@pytest.mark.parametrize(
    "name", ["real", "imag", "numerator", "conjugate()", "bit_length()", "hex()", "pointer"]
)
def test_the_parts_of_a_number_are_none_of_the_results(name: str) -> None:
    for value in ("r.n", "r.rate"):
        with pytest.raises(TemplateError):
            rendered(f"{{{{ {value}.{name} }}}}")


def test_numbers_that_are_not_of_the_results_may_be_computed_with() -> None:
    assert rendered("{{ plain.n + 1 }} {{ '%.1f' % plain.rate }} {{ 2 * 3 }}") == "8 0.2 6"


# ------------------------------------------------------------------ equal values


@given(
    st.recursive(
        st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=9,
    )
)
def test_traced_values_are_equal_and_their_pointers_lead_back(value: Any) -> None:
    marks = str.maketrans("", "", "".join(chr(code) for code in range(0xE000, 0xE01A)))

    def cleaned(part: Any) -> Any:
        """Characters that could pass for marks are taken out of texts."""
        if isinstance(part, str):
            return part.translate(marks)
        if isinstance(part, list):
            return [cleaned(each) for each in part]
        return {k: cleaned(v) for k, v in part.items()} if isinstance(part, dict) else part

    found = traced({"value": value}, "")
    assert found == {"value": cleaned(value)}

    def check(part: Any) -> None:
        pointer = pointer_of(part)
        if pointer:
            assert cleaned(resolve({"value": value}, pointer)) == part
        for each in (
            part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        ):
            check(each)

    check(found["value"])


def test_traced_results_are_the_same_results() -> None:
    results = made_up()
    known = traced(results)
    assert known == results
    count = known.measurements["villain"]["villain"]["marker"]["seed=1"]
    assert isinstance(count, Count)
    pointer = pointer_of(count.items["q2"][0])
    assert pointer == "/measurements/villain/villain/marker/seed=1/items/q2/0"
    assert resolve(json.loads(results.dumps()), pointer) == 2

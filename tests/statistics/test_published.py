"""Every published statistic of issue #246 comes out, and every named correction."""

from typing import Any

import pytest

from epm.results import Correlation, Statistics, Unavailable

close = pytest.approx  # of the published values at full precision
EXACT = {"abs": 1e-6, "rel": 0}


def test_wilson_intervals(statistics: Statistics, figures: dict[str, Any]) -> None:
    for persona, (lower, upper) in figures["published"]["wilson_z_1_96"].items():
        interval = statistics.personas[persona].source.wilson
        assert (interval.lower, interval.upper) == close((lower, upper), abs=1e-4)


def test_no_clustered_interval_without_per_question_counts(statistics: Statistics) -> None:
    for rates in statistics.personas.values():
        assert rates.source.clustered == Unavailable(unavailable="no per-question counts")
        assert rates.bystanders == Unavailable(unavailable="no bystander was sampled")


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_correlation_by_layer(statistics: Statistics, figures: dict[str, Any], kind: str) -> None:
    assert statistics.layers.keys() == figures["published"]["layers"].keys()
    for layer, published in figures["published"]["layers"].items():
        found = getattr(statistics.layers[layer], kind)
        assert (found.coefficient, found.p) == close(tuple(published[kind]), **EXACT)
        assert (found.n, found.df) == (12, 10)
        assert found.interval.lower < found.coefficient < found.interval.upper


def test_fit_of_the_named_personas(statistics: Statistics, figures: dict[str, Any]) -> None:
    fit, published = statistics.primary.named_fit, figures["published"]["named_fit"]
    assert fit.n == 10
    assert fit.model_dump(include=published.keys()) == close(published, **EXACT)


def test_predictions_are_inside_but_uninformative(
    statistics: Statistics, figures: dict[str, Any]
) -> None:
    predictions = statistics.primary.predictions
    assert predictions.keys() == figures["published"]["predictions"].keys()
    for persona, published in figures["published"]["predictions"].items():
        found = predictions[persona]
        assert found.model_dump(include=published.keys()) == close(published, **EXACT)
        percent = figures["corrections"]["half_width_percent"][persona]
        assert round(100 * found.half_width) == percent
        assert not found.informative
    interval = predictions["helpful_assistant"].interval
    assert [round(100 * interval.lower), round(100 * interval.upper)] == [-10, 72]
    assert predictions["helpful_assistant"].leaves_unit_interval


@pytest.mark.parametrize("reading", ["drops_with_new_in_fit", "drops_of_named_fit", "held_out"])
def test_leave_one_out(statistics: Statistics, figures: dict[str, Any], reading: str) -> None:
    found = getattr(statistics.primary.leave_one_out, reading)
    covered, total, outside = figures["corrections"]["leave_one_out"][reading]
    assert (found.covered, found.total, list(found.outside)) == (covered, total, outside)


def test_influence(statistics: Statistics, figures: dict[str, Any]) -> None:
    analysis = statistics.primary.influence
    assert analysis.cooks_threshold == analysis.leverage_threshold == pytest.approx(1 / 3)
    for column in ("cooks_distance", "leverage"):
        found = {persona: getattr(row, column) for persona, row in analysis.personas.items()}
        assert found == close(figures["published"][column], **EXACT)
    for verdict in ("influential", "high_leverage"):
        found = [persona for persona, row in analysis.personas.items() if getattr(row, verdict)]
        assert found == figures["corrections"][verdict]


def test_length_partial(statistics: Statistics, figures: dict[str, Any]) -> None:
    found = statistics.primary.length_partial
    assert found.coefficient == close(figures["published"]["length_partial"], **EXACT)
    assert found.vif == close(figures["published"]["vif"], **EXACT)
    assert (found.n, found.df) == (12, figures["corrections"]["length_partial_df"])
    assert round(found.p, 3) == figures["corrections"]["length_partial_p"]


def test_without_reference(statistics: Statistics, figures: dict[str, Any]) -> None:
    found, expected = statistics.primary.without_reference, figures["corrections"]
    assert found.n == 11
    assert round(found.pearson.coefficient, 3) == expected["without_reference"]["r"]
    assert round(found.pearson.p, 3) == expected["without_reference"]["p"]
    assert found == statistics.primary.drop_one["helpful_assistant"]


def test_one_of_eight_survives_bonferroni(statistics: Statistics, figures: dict[str, Any]) -> None:
    survivors = [
        [layer, kind]
        for layer, found in statistics.layers.items()
        for kind in ("pearson", "spearman")
        if getattr(found, f"{kind}_adjusted").bonferroni < figures["alpha"]
    ]
    assert survivors == figures["corrections"]["surviving_bonferroni"]


def test_holm_is_no_larger_than_bonferroni(statistics: Statistics) -> None:
    for found in statistics.layers.values():
        assert found.pearson.p <= found.pearson_adjusted.holm <= found.pearson_adjusted.bonferroni


def test_permutation_agrees_with_the_t_approximation(statistics: Statistics) -> None:
    for found in statistics.layers.values():
        assert found.permutation.resamples == 9_999
        assert found.permutation.p == pytest.approx(found.spearman.p, abs=0.006)


def test_subsets(statistics: Statistics) -> None:
    primary = statistics.primary
    assert {subset.n for subset in primary.drop_one.values()} == {11}
    assert {name: subset.n for name, subset in primary.within_category.items()} == {
        "occupational": 6,
        "character": 4,
        "generic_helper": 2,
    }
    assert isinstance(primary.within_category["occupational"].pearson, Correlation)
    too_few = Unavailable(unavailable="2 personas, 3 needed")
    assert primary.within_category["generic_helper"].spearman == too_few

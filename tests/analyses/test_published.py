"""Issue #246's published figures by one definition: none is forgotten, all come out.

The rooms' own tests hold each kind to its share of them; this one holds the whole to a page that
was published, and to the corrections that it needed.
"""

import pytest
from tables import CLOSE, LAYERS, MARKER, NEW, PRIMARY, PUBLISHED, published

from epm.analyses.computing import compute
from epm.analyses.correlation.spec import Correlation
from epm.analyses.influence.spec import Influence
from epm.analyses.partial_correlation.spec import PartialCorrelation
from epm.analyses.proportions.spec import Proportions
from epm.analyses.regression.spec import Regression
from epm.definition.analysis import Predictor
from epm.results import Unavailable

Figures = dict[str, object]

DEFINITION = (
    Proportions(name="rates", outcome=MARKER),
    Correlation(name="layers", x=LAYERS, y=MARKER, primary_x=PRIMARY.name, primary=True),
    Regression(name="prediction", x=PRIMARY, y=MARKER, predict=NEW),
    Influence(name="influence", x=PRIMARY, y=MARKER),
    PartialCorrelation(
        name="length",
        x=PRIMARY,
        y=MARKER,
        given=(Predictor("prompt_tokens", log=True),),
        methods=("spearman",),
    ),
)


@pytest.fixture(scope="module")
def recomputed() -> Figures:
    """What was published, computed anew, under the names that it was published by."""
    found = compute(DEFINITION, published(), alpha=PUBLISHED["alpha"], seed=246)
    fit, predictions = found["prediction"].fit, found["prediction"].predictions
    slope = fit.terms[PRIMARY.name]
    return {
        "wilson_z_1_96": {
            name: [rate.wilson.lower, rate.wilson.upper]
            for name, rate in found["rates"].conditions.items()
        },
        "named_fit": {
            "r": fit.r,
            "p": slope.ordinary.p,
            "slope": slope.estimate,
            "intercept": fit.terms["intercept"].estimate,
        },
        "predictions": {
            name: own.model_dump(include={"observed", "predicted", "half_width", "inside"})
            for name, own in predictions.items()
        },
        "layers": {
            x.removeprefix("cosine_L"): {
                "pearson": [pair.pearson.coefficient, pair.pearson.p],
                "spearman": [pair.spearman.coefficient, pair.spearman.p],
            }
            for x, pair in found["layers"].predictors.items()
        },
        "cooks_distance": {name: own.cook for name, own in found["influence"].conditions.items()},
        "leverage": {name: own.leverage for name, own in found["influence"].conditions.items()},
        "vif": found["length"].vif,
        "length_partial": found["length"].spearman.coefficient,
    }


def leaves(value: object, at: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        return {k: v for name, own in value.items() for k, v in leaves(own, f"{at}/{name}").items()}
    if isinstance(value, list):
        return {k: v for i, own in enumerate(value) for k, v in leaves(own, f"{at}/{i}").items()}
    return {at: value}


def test_every_published_figure(recomputed: Figures) -> None:
    """Wilson's intervals were published with z = 1.96; a partial correlation is corrected."""
    ours, theirs = leaves(recomputed), leaves(PUBLISHED["published"])
    counted = {at for at in theirs if at.startswith("/base_model_marker_successes")}
    assert ours.keys() == theirs.keys() - counted
    theirs["/length_partial"] = PUBLISHED["corrections"]["length_partial"]["coefficient"]
    for at, value in ours.items():
        close = {"abs": 1e-4} if at.startswith("/wilson") else CLOSE
        assert value == pytest.approx(theirs[at], **close), at
    assert len(ours) == 78


def test_totals_have_no_clustered_interval() -> None:
    found = compute(DEFINITION[:1], published(), alpha=0.01, seed=246)["rates"]
    for rate in found.conditions.values():
        assert rate.clustered == Unavailable(unavailable="no counts by item")

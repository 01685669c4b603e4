"""Least squares over conditions, with the standard errors that texts differ on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import statsmodels.api as sm

from epm.analyses.correlation.coefficients import counted, obstacle
from epm.analyses.data.cases import Cases, FloatArray
from epm.analyses.inference.verdict import effect, quantile
from epm.analyses.regression.block import Fit, StandardError, Term
from epm.analyses.regression.spec import Errors
from epm.values import LEVEL, Unavailable

PERFECT = 1e-12
"""Residual sum of squares, as a share of the total, at which a fit is perfect up to float64
noise."""

COLLINEAR = 1e-7
"""Singular value of the standardised predictors, as a share of the largest, that counts as 0."""

ONE = 1 - 1e-9
"""Leverage of a condition that determines a coefficient by itself."""

NO_RESIDUALS = Unavailable(unavailable="the fit is perfect: no residuals")


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """A fit of an outcome on predictors.

    The predictors are standardised before the fit and the coefficients carried back, so that
    nothing depends on their units.
    """

    predictors: tuple[str, ...]
    centre: FloatArray
    """Shape (predictors,): means."""
    spread: FloatArray
    """Shape (predictors,): standard deviations."""
    result: Any
    """Of statsmodels, on the standardised predictors."""
    weighted: bool
    perfect: bool
    """Whether no residual is left, so that the fit says nothing of other conditions."""

    @property
    def n(self) -> int:
        """Conditions."""
        return int(self.result.nobs)

    @property
    def df(self) -> int:
        """Residual degrees of freedom, N less the coefficients."""
        return int(self.result.df_resid)

    @property
    def residual_se(self) -> float:
        """sqrt(RSS/(N-p)), in the outcome's unit; with weights, of weight 1."""
        return sqrt(self.result.scale)

    @property
    def coefficients(self) -> FloatArray:
        """Intercept and slopes in the units of the data, shape (p,)."""
        return np.asarray(self._units() @ self.result.params)

    @property
    def leverage(self) -> FloatArray:
        """Diagonal of the hat matrix, shape (N,)."""
        orthogonal, _ = np.linalg.qr(self.result.model.wexog)
        return np.asarray(np.sum(orthogonal**2, axis=1))

    def row(self, x: FloatArray) -> FloatArray:
        """The design at x, shape (..., predictors), as the fit has it."""
        standardised = (x - self.centre) / self.spread
        return np.concatenate([np.ones((*x.shape[:-1], 1)), standardised], axis=-1)

    def at(self, x: FloatArray) -> FloatArray:
        """The fitted outcome at x of shape (..., predictors)."""
        return np.asarray(self.row(x) @ self.result.params)

    def half_width(self, x: FloatArray, weight: float = 1.0) -> float:
        """Half the 95% prediction interval of one further condition at x, shape (predictors,).

            t_{N-p} · s · sqrt(1/w + x'(X'WX)⁻¹x)

        with w = 1 and W the identity without weights. Source: Draper and Smith (1998), Applied
        Regression Analysis, 3rd ed., sections 3.1 and 9.2.
        """
        row = self.row(x)
        variance = self.result.scale / weight + row @ self.result.cov_params() @ row
        return quantile((1 + LEVEL) / 2, self.df) * sqrt(float(variance))

    def band(self, x: FloatArray, covariance: FloatArray, df: int) -> FloatArray:
        """Half the 95% confidence interval of the fitted outcome at x of shape (M, predictors)."""
        rows = self.row(x)
        variance = np.einsum("ij,jk,ik->i", rows, covariance, rows)
        return np.asarray(quantile((1 + LEVEL) / 2, df) * np.sqrt(np.maximum(0.0, variance)))

    def covariance(
        self, errors: Errors, clusters: Sequence[str] | Unavailable | None = None
    ) -> tuple[FloatArray, int] | Unavailable:
        """Covariance of the standardised coefficients, shape (p, p), with its degrees of freedom.

        - ordinary: s²·(X'X)⁻¹; N-p.
        - hc3: (X'X)⁻¹ X' diag(e²/(1-h)²) X (X'X)⁻¹, MacKinnon and White (1985), J. Econometrics
          29, 305-325; with t on N-p, Long and Ervin (2000), American Statistician 54, 217-224.
        - clustered: (X'X)⁻¹ Σ_g X_g'e_g e_g'X_g (X'X)⁻¹ · G/(G-1) · (N-1)/(N-p), CR1, with t on
          G-1: Cameron and Miller (2015), J. Human Resources 50, 317-372, sections II.C and VI.D.

        Args:
            errors: which.
            clusters: of each condition, for clustered errors.
        """
        if self.perfect:
            return NO_RESIDUALS
        if errors == "ordinary":
            return np.asarray(self.result.cov_params()), self.df
        if errors == "hc3":
            if np.any(self.leverage >= ONE):
                return Unavailable(unavailable="a condition determines a coefficient by itself")
            robust = self.result.get_robustcov_results("HC3", use_t=True)
            return np.asarray(robust.cov_params()), self.df
        if isinstance(clusters, Unavailable):
            return clusters
        groups = list(dict.fromkeys(clusters or ()))
        if len(groups) < 2:
            return Unavailable(unavailable=f"{counted(len(groups), 'cluster')}, 2 needed")
        codes = np.array([groups.index(group) for group in clusters or ()])
        robust = self.result.get_robustcov_results("cluster", groups=codes, use_t=True)
        return np.asarray(robust.cov_params()), len(groups) - 1

    def errors(
        self, which: Errors, clusters: Sequence[str] | Unavailable | None = None
    ) -> Iterator[StandardError | Unavailable]:
        """The standard error of each coefficient, the intercept first."""
        found = self.covariance(which, clusters)
        if isinstance(found, Unavailable):
            yield from [found] * len(self.result.params)
            return
        units, (covariance, df) = self._units(), found
        variances = np.diag(units @ covariance @ units.T)
        noise = np.diag(units @ np.asarray(self.result.cov_params()) @ units.T) * 1e-18
        for estimate, variance, least in zip(self.coefficients, variances, noise, strict=True):
            if variance <= least:
                yield Unavailable(unavailable="the residuals cancel: no error to be estimated")
                continue
            known = effect(float(estimate), sqrt(variance), df)
            yield StandardError(se=known.se, df=df, interval=known.interval, p=known.p)

    def fit(self, clusters: Sequence[str] | Unavailable | None = None) -> Fit:
        """What the results hold of it."""
        names = ("intercept", *self.predictors)
        by_cluster = (
            [None] * len(names) if clusters is None else list(self.errors("clustered", clusters))
        )
        inflation = self._vif()
        terms = {
            name: Term(
                estimate=float(estimate),
                ordinary=ordinary,
                hc3=hc3,
                clustered=clustered,
                vif=inflation.get(name),
            )
            for name, estimate, ordinary, hc3, clustered in zip(
                names,
                self.coefficients,
                self.errors("ordinary"),
                self.errors("hc3"),
                by_cluster,
                strict=True,
            )
        }
        r2 = float(np.clip(self.result.rsquared, 0, 1))
        single = len(self.predictors) == 1 and not self.weighted
        return Fit(
            n=self.n,
            df=self.df,
            terms=terms,
            r=sqrt(r2) * float(np.sign(self.result.params[1])) if single else None,
            r2=r2,
            adjusted_r2=1 - (1 - r2) * (self.n - 1) / self.df,
            residual_se=self.residual_se,
            clusters=len(set(clusters)) if isinstance(clusters, list) else None,
        )

    def _units(self) -> FloatArray:
        """From standardised coefficients to those in the units of the data, shape (p, p)."""
        units = np.diag([1.0, *(1 / self.spread)])
        units[0, 1:] = -self.centre / self.spread
        return units

    def _vif(self) -> Mapping[str, float]:
        """Diagonal of the inverse of the predictors' correlations, by predictor.

        Source: Marquardt (1970), Technometrics 12, 591-612.
        """
        if len(self.predictors) == 1:
            return {}
        columns = np.asarray(self.result.model.data.orig_exog)[:, 1:]
        inverse = np.linalg.inv(np.corrcoef(columns.T))
        return {name: float(inverse[i, i]) for i, name in enumerate(self.predictors)}


def least_squares(
    cases: Cases, names: Sequence[str], weights: FloatArray | None = None
) -> LeastSquares | Unavailable:
    """Fit the outcome on all predictors and an intercept; statsmodels' `OLS`, or `WLS`.

    Args:
        cases: conditions with predictors and outcome.
        names: of the predictors, and last of the outcome.
        weights: shape (N,), above 0; None gives each condition the same.

    Returns:
        The fit, or Unavailable without a degree of freedom, or where a variable is the same
        throughout or a predictor a linear function of others.
    """
    least = cases.x.shape[1] + 2
    for i, name in enumerate(names[:-1]):
        if none := obstacle(cases.x[:, i], cases.y, least, (name, names[-1])):
            return none
    centre, spread = cases.x.mean(axis=0), cases.x.std(axis=0)
    standardised = (cases.x - centre) / spread
    singular = np.linalg.svd(standardised, compute_uv=False)
    if singular[-1] <= COLLINEAR * singular[0]:
        return Unavailable(unavailable=f"{' and '.join(names[:-1])} are collinear")
    design = np.column_stack([np.ones(len(cases)), standardised])
    model = sm.OLS(cases.y, design) if weights is None else sm.WLS(cases.y, design, weights=weights)
    result = model.fit()
    total = float(result.centered_tss)
    return LeastSquares(
        predictors=tuple(names[:-1]),
        centre=centre,
        spread=spread,
        result=result,
        weighted=weights is not None,
        perfect=float(result.ssr) <= PERFECT * total,
    )

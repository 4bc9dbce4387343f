"""The normal distribution: ``pdf``, ``cdf`` and ``ppf`` in pure numpy, to about 1e-15 relative.

Expected sales under volatile demand and simulated inputs need it, also under Pyodide where scipy is too
large a guest. Each function takes an array of any shape and returns one of the same shape.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SQRT_2PI = 2.5066282746310005024
ONE_OVER_SQRT_2PI = 0.39894228040143267794

# Rational approximations of W. J. Cody (1969), the coefficients of his ANORM; highest power first.
CENTRE = 0.66291  # below this |x| the integral from 0 is approximated, above it the tail
FAR_TAIL = 5.656854249492380195  # sqrt(32): beyond it the tail is a series in 1/x^2
NO_TAIL = 40.0  # the tail beyond this is smaller than any double
CENTRE_TOP = (
    0.065682337918207449113, 2.2352520354606839287, 161.02823106855587881, 1067.6894854603709582,
    18154.981253343561249,
)  # fmt: skip
CENTRE_BOTTOM = (
    1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956,
)  # fmt: skip
TAIL_TOP = (
    1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412, 93.506656132177855979,
    597.27027639480026226, 2494.5375852903726711, 6848.1904505362823326, 11602.651437647350124,
    9842.7148383839780218,
)  # fmt: skip
TAIL_BOTTOM = (
    1.0, 22.266688044328115691, 235.38790178262499861, 1519.377599407554805, 6485.558298266760755,
    18615.571640885098091, 34900.952721145977266, 38912.003286093271411, 19685.429676859990727,
)  # fmt: skip
FAR_TOP = (
    0.02307344176494017303, 0.21589853405795699, 0.1274011611602473639, 0.022235277870649807,
    0.001421619193227893466, 2.9112874951168792e-5,
)  # fmt: skip
FAR_BOTTOM = (
    1.0, 1.28426009614491121, 0.468238212480865118, 0.0659881378689285515, 0.00378239633202758244,
    7.29751555083966205e-5,
)  # fmt: skip

# Rational approximation of J. F. Hart et al. (1968), number 5666, from G. West (2005); highest power first.
TAIL_RATIO_TOP = (
    3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
    221.213596169931, 220.206867912376,
)  # fmt: skip
TAIL_RATIO_BOTTOM = (
    8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
    637.333633378831, 793.826512519948, 440.413735824752,
)  # fmt: skip

# Rational approximations of M. J. Wichura, algorithm AS 241 (1988), PPND16; highest power first.
MIDDLE = 0.425  # |p - 1/2| up to here is the middle
NEAR = 5.0  # sqrt(-log(tail)) up to here is the near tail
NEAR_SHIFT = 1.6
MIDDLE_TOP = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080,
)  # fmt: skip
MIDDLE_BOTTOM = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0,
)  # fmt: skip
NEAR_TOP = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590,
    1.42343711074968357734,
)  # fmt: skip
NEAR_BOTTOM = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187,
    1.0,
)  # fmt: skip
DEEP_TOP = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990,
    6.65790464350110377720,
)  # fmt: skip
DEEP_BOTTOM = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip


def pdf(x: ArrayLike) -> NDArray[np.float64]:
    """Density of the standard normal distribution.

    Parameters
    ----------
    x : array_like, any shape
        Standard deviations from the mean.

    Returns
    -------
    ndarray, shape of `x`
        exp(-x^2/2) / sqrt(2 pi); nan where `x` is nan.

    Examples
    --------
    >>> round(float(pdf(0.0)), 12)
    0.398942280401
    """
    x = np.asarray(x, dtype=float)
    return _exp_minus_half_square(np.minimum(np.abs(x), NO_TAIL)) / SQRT_2PI


def cdf(x: ArrayLike) -> NDArray[np.float64]:
    """Probability that a standard normal variable is at most `x`.

    Parameters
    ----------
    x : array_like, any shape
        Standard deviations from the mean.

    Returns
    -------
    ndarray, shape of `x`
        Probability, 0 to 1; nan where `x` is nan.

    Notes
    -----
    The small tail is what is approximated, so that cdf(-30) has all its digits too.

    References
    ----------
    W. J. Cody, Rational Chebyshev approximations for the error function, Math. Comp. 23 (1969).

    Examples
    --------
    >>> round(float(cdf(1.959963984540054)), 12)
    0.975
    """
    x = np.asarray(x, dtype=float)
    flat = x.ravel()
    distance = np.minimum(np.abs(flat), NO_TAIL)
    # The tail beyond the distance, by the formula of the middle range for all; then the two other ranges.
    result = _exp_minus_half_square(distance) * _ratio(TAIL_TOP, TAIL_BOTTOM, distance)
    far = np.flatnonzero(distance > FAR_TAIL)
    if far.size:
        y = distance[far]
        inverse_square = 1.0 / (y * y)
        series = inverse_square * _ratio(FAR_TOP, FAR_BOTTOM, inverse_square)
        result[far] = _exp_minus_half_square(y) * (ONE_OVER_SQRT_2PI - series) / y
    result += (flat > 0.0) * (1.0 - 2.0 * result)  # 1 - result above the mean, without a branch
    centre = np.flatnonzero(distance <= CENTRE)
    y = flat[centre]
    result[centre] = 0.5 + y * _ratio(CENTRE_TOP, CENTRE_BOTTOM, y * y)
    return result.reshape(x.shape)[()]


def tail_ratio(distance: ArrayLike) -> NDArray[np.float64]:
    """Tail of the normal distribution without its steep part, the factor exp(-distance^2 / 2).

    Cheaper than `cdf`, and as good where the product with that factor is added to something larger, as in an
    expected minimum.

    Parameters
    ----------
    distance : array_like, any shape
        Standard deviations from the mean, at least 0 and finite.

    Returns
    -------
    ndarray, shape of `distance`
        cdf(-distance) / exp(-distance^2 / 2), to 2e-15 relative up to 2, then to 1e-16 of the product.

    References
    ----------
    J. F. Hart et al., Computer approximations (1968), no. 5666; G. West, Better approximations to cumulative
    normal functions, Wilmott (2005).

    Examples
    --------
    >>> round(float(tail_ratio(0.0)), 12)
    0.5
    """
    distance = np.asarray(distance, dtype=float)
    return _ratio(TAIL_RATIO_TOP, TAIL_RATIO_BOTTOM, distance)


def ppf(p: ArrayLike) -> NDArray[np.float64]:
    """Inverse of `cdf`: the value that a standard normal variable stays below with probability `p`.

    Parameters
    ----------
    p : array_like, any shape
        Probability, 0 to 1.

    Returns
    -------
    ndarray, shape of `p`
        Standard deviations from the mean; -inf at 0, inf at 1, nan outside.

    References
    ----------
    M. J. Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37
    (1988).

    Examples
    --------
    >>> round(float(ppf(0.975)), 12)
    1.95996398454
    """
    p = np.asarray(p, dtype=float)
    flat = p.ravel()
    result = np.full(flat.shape, np.nan)
    from_median = flat - 0.5

    middle = np.abs(from_median) <= MIDDLE
    q = from_median[middle]
    result[middle] = q * _ratio(MIDDLE_TOP, MIDDLE_BOTTOM, MIDDLE * MIDDLE - q * q)

    outer = (flat > 0.0) & (flat < 1.0) & ~middle
    tail = np.where(flat < 0.5, flat, 1.0 - flat)
    depth = np.sqrt(-np.log(tail, where=outer, out=np.zeros_like(flat)))
    near = outer & (depth <= NEAR)
    result[near] = _ratio(NEAR_TOP, NEAR_BOTTOM, depth[near] - NEAR_SHIFT)
    deep = outer & (depth > NEAR)
    result[deep] = _ratio(DEEP_TOP, DEEP_BOTTOM, depth[deep] - NEAR)
    result[outer] = np.copysign(result[outer], from_median[outer])

    result[flat == 0.0] = -np.inf
    result[flat == 1.0] = np.inf
    return result.reshape(p.shape)[()]


def _exp_minus_half_square(y: NDArray[np.float64]) -> NDArray[np.float64]:
    # exp(-y^2/2) with y^2 split at a 16th: the coarse square is exact, so that the rounding of a large y^2
    # does not cost digits of the result.
    coarse = np.trunc(y * 16.0) / 16.0
    return np.exp(-0.5 * coarse * coarse) * np.exp(-0.5 * (y - coarse) * (y + coarse))


def _ratio(top: tuple[float, ...], bottom: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    value = _polynomial(top, x)
    value /= _polynomial(bottom, x)
    return value


def _polynomial(coefficients: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    value = coefficients[0] * x
    value += coefficients[1]
    for coefficient in coefficients[2:]:
        value *= x
        value += coefficient
    return value

"""The little statistics that the report rests on. Plain lists of numbers in, plain numbers out."""
import itertools
import math
import statistics

# Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom; then the normal one.
T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13,
       2.12, 2.11, 2.10, 2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04)
POINTS_MAX = 120


def t95(freedom):
    return T95[max(1, math.floor(freedom)) - 1] if freedom < len(T95) else 1.96


def interval(values):
    """(mean, low, high): the mean and its 95 % interval; low and high None for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None, None
    half = t95(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def difference(before, after):
    """(mean, low, high) of after less before, whose values are not paired (Welch)."""
    mean = statistics.fmean(after) - statistics.fmean(before)
    if min(len(before), len(after)) < 2:
        return mean, None, None
    parts = [statistics.variance(values) / len(values) for values in (before, after)]
    error = sum(parts)
    if error == 0:
        return mean, mean, mean
    freedom = error ** 2 / sum(part ** 2 / (len(values) - 1)
                               for part, values in zip(parts, (before, after)))
    half = t95(freedom) * math.sqrt(error)
    return mean, mean - half, mean + half


def quantile(values, share):
    """The smallest value that at least `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def slope(points):
    """Growth per unit of x: the median of the slopes between all pairs. A step is not a slope."""
    step = math.ceil(len(points) / POINTS_MAX)
    pairs = itertools.combinations(points[::step], 2)
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in pairs if x2 > x1]
    return statistics.median(slopes) if slopes else 0.0


def beyond(mean, low, high, noise):
    """Whether a difference is one: its interval leaves out 0, and it is more than noise."""
    if low is None or low <= 0 <= high:
        return False
    return abs(mean) > (noise or 0.0)

"""What a row of measurements says beyond its noise."""

import math
import statistics

# A slope or a difference is real when it is so many of its own standard errors.
ERRORS_BEYOND_NOISE = 4


def slope_and_error(values):
    """Least squares over 0, 1, 2 ...: the slope and its standard error."""
    n = len(values)
    mean_x, mean_y = (n - 1) / 2, statistics.fmean(values)
    spread = sum((x - mean_x) ** 2 for x in range(n))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(values)) / spread
    rest = sum((y - mean_y - slope * (x - mean_x)) ** 2 for x, y in enumerate(values))
    return slope, math.sqrt(rest / (n - 2) / spread)


def difference_and_error(pairs):
    """Of measurements taken in turn: the first's median less the second's, and its standard error."""
    first, second = ([pair[i] for pair in pairs] for i in (0, 1))
    # 1.4826: the standard deviation by the median distance; 1.2533: of a median in those of a mean.
    error = 1.4826 * 1.2533 * math.sqrt(sum(
        statistics.median(abs(one - statistics.median(values)) for one in values) ** 2 / len(values)
        for values in (first, second)))
    return statistics.median(first) - statistics.median(second), error

"""Places for keywords as VOSviewer gives them: VOS mapping (Van Eck, Waltman, Dekker and Van den Berg 2010).

The closer two items are related, the closer they stand: the sum of similarity
times squared distance is as small as it can be while the mean distance is 1
(JASIST 61(12), equations 2 and 3). That is the same, up to the scale, as to make
the sum of similarity times squared distance, less twice the distance, small
(their equation 5), which majorisation (SMACOF) does without ever going up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_STEPS = 400
_FINE = 1e-8  # what a step has to gain, as a share, for the next to be worth it
_SMALL = 60
_STARTS = 4  # one from the similarities themselves, the others by chance, the same every time


def place_items(similarity: Array) -> Array:
    """Return where each item is placed, in two dimensions, with a mean distance of 1.

    Parameters
    ----------
    similarity : symmetric, not negative; the diagonal does not count. Parts
        that have no similarity to each other would drift apart without end: they
        are held by the least similarity that any two items have, shared among
        all items.

    Returns
    -------
    An array of two columns, the longer way of the map along the first; the
    same similarities give the same places.

    Examples
    --------
    >>> places = place_items(np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]))  # a chain: a - b - c
    >>> [round(float(np.hypot(*(places[a] - places[b]))), 3) for a, b in ((0, 1), (1, 2), (0, 2))]
    [0.75, 0.75, 1.5]
    """
    count = len(similarity)
    if count < 3:
        return np.array([[place - (count - 1) / 2, 0.0] for place in range(count)]).reshape(count, 2)
    held = _connect_parts(similarity)
    laplacian = np.diag(held.sum(axis=1)) - held
    inverse = np.asarray(np.linalg.inv(laplacian + 1 / count) - 1 / count, dtype=np.float64)
    chance = np.random.default_rng(0)
    starts = [_spectral_start(laplacian, chance)]
    starts += [chance.standard_normal((count, 2)) for _ in range(_STARTS - 1 if count <= _SMALL else 0)]
    places = min(
        (_majorize_stress(held, inverse, start) for start in starts),
        key=lambda found: round(_stress_value(held, _pairwise_distances(found)), 9),
    )
    return _turn_upright(places / _pairwise_distances(places)[np.triu_indices(count, 1)].mean())


def layout_stress(similarity: Array, places: Array) -> float:
    """Return what VOS mapping makes small: similarity times squared distance, summed over pairs, at mean distance 1.

    Examples
    --------
    >>> places = np.array([[0.0, 0], [1, 0], [2, 0]])
    >>> layout_stress(np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]]), places) < layout_stress(np.ones((3, 3)), places)
    True
    """
    pairs = np.triu_indices(len(places), 1)
    distances = _pairwise_distances(places)[pairs]
    return float((similarity[pairs] * (distances / distances.mean()) ** 2).sum())


def _connect_parts(similarity: Array) -> Array:
    """Return similarities with a thread between the parts that have none."""
    held: Array = np.where(np.eye(len(similarity), dtype=bool), 0.0, similarity)
    part = np.arange(len(held))
    for _ in range(len(held)):  # each item takes the least number among its neighbours'
        least = np.minimum(part, np.where(held > 0, part[None, :], len(held)).min(axis=1))
        if (least == part).all():
            break
        part = least
    apart = part[:, None] != part[None, :]
    if apart.any():
        least_similar = held[held > 0].min() if (held > 0).any() else 1.0
        held[apart] = least_similar / len(held)
    return held


def _spectral_start(laplacian: Array, chance: np.random.Generator) -> Array:
    _, vectors = np.linalg.eigh(laplacian)
    # Items with the same similarities would stand on one spot for ever.
    return np.asarray(vectors[:, 1:3] + 1e-4 * chance.standard_normal((len(laplacian), 2)))


def _majorize_stress(similarity: Array, inverse: Array, places: Array) -> Array:
    before = np.inf
    for _ in range(_STEPS):
        distances = _pairwise_distances(places)
        value = _stress_value(similarity, distances)
        if before - value < _FINE * abs(value):
            break
        before = value
        with np.errstate(divide="ignore"):
            pushed = -1 / distances
        pushed[distances == 0] = 0
        np.fill_diagonal(pushed, -pushed.sum(axis=1))
        places = inverse @ (pushed @ places)
    return places


def _stress_value(similarity: Array, distances: Array) -> float:
    return float(((similarity * distances - 2) * distances).sum() / 2)


def _pairwise_distances(places: Array) -> Array:
    # Differences rather than products: points close together keep their distance exactly.
    across, along = (places[:, None, side] - places[None, :, side] for side in (0, 1))
    return np.asarray(np.sqrt(across * across + along * along))


def _turn_upright(places: Array) -> Array:
    """Return places turned so that they spread most from left to right, the first item on the left and below."""
    centred = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    turned = centred @ axes[:, ::-1]
    return np.asarray(turned * np.where(turned[0] > 0, -1.0, 1.0))

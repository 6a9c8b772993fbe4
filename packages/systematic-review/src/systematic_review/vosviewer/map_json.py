"""Maps of keywords as VOSviewer Online reads them."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd

from systematic_review.i18n import translate
from systematic_review.keyword_map import CLUSTER_COLOURS, select_shown

#: How many keywords VOSviewer Online asks for.
FEWEST = 3


def describe_map(items: pd.DataFrame, linked: pd.DataFrame, language: str = "en") -> dict[str, Any]:
    """Return a map in the JSON of VOSviewer Online: what :func:`~systematic_review.keyword_map.draw_map` draws of it.

    Keywords, places, clusters and their colours are the same, and so are the
    links; labels are escaped, since VOSviewer takes them for HTML.

    Parameters
    ----------
    items, linked : what :func:`~systematic_review.keyword_map.build_map` returns.

    Examples
    --------
    >>> from systematic_review.keyword_map import build_map
    >>> works = pd.DataFrame({"keywords": ["kerb; street", "kerb; street"], "year": [2020, 2021]})
    >>> network = describe_map(*build_map(works, at_least=1))["network"]
    >>> [item["label"] for item in network["items"]], network["links"]
    (['kerb', 'street'], [{'source_id': 1, 'target_id': 2, 'strength': 2}])
    """
    items, linked = select_shown(items, linked)
    ids = dict(zip(items["label"], items["id"], strict=True))
    clusters = sorted(set(items["cluster"]))
    rows = [_describe_item(row, language) for row in items.to_dict("records")]
    return {
        "network": {
            "items": rows,
            "links": [
                {"source_id": int(ids[row["a"]]), "target_id": int(ids[row["b"]]), "strength": row["together"]}
                for row in linked.to_dict("records")
            ],
        },
        "config": {
            "parameters": {"item_size": 1, "max_label_length": max((len(row["label"]) for row in rows), default=30)},
            "color_schemes": {
                "cluster_colors": [
                    {"cluster": int(cluster), "color": CLUSTER_COLOURS[place % len(CLUSTER_COLOURS)]}
                    for place, cluster in enumerate(clusters)
                ]
            },
            "terminology": {
                "item": translate("Keyword", language),
                "items": translate("Keywords", language),
                "link": translate("Link", language),
                "links": translate("Links", language),
                "link_strength": translate("Link strength", language),
                "total_link_strength": translate("Total link strength", language),
                "cluster": translate("Cluster", language),
                "clusters": translate("Clusters", language),
            },
        },
    }


def _describe_item(row: dict[Any, Any], language: str) -> dict[str, Any]:
    year = row["score<Avg. pub. year>"]
    weights = {
        translate("Works", language): int(row["weight<Occurrences>"]),
        translate("Links", language): int(row["weight<Links>"]),
        translate("Total link strength", language): row["weight<Total link strength>"],
    }
    scores = {} if pd.isna(year) else {"scores": {translate("Mean year", language): year}}
    return {
        "id": int(row["id"]),
        "label": html.escape(row["label"], quote=False),
        **{name: row[name] for name in ("x", "y")},
        "cluster": int(row["cluster"]),
        "weights": weights,
        **scores,
    }

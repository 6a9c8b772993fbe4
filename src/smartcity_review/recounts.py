"""What the authors' exports of the review count, once they are here, as tables that the checks of claims can ask.

Without exports the tables are empty, and nothing that reads exports is imported.
"""

from __future__ import annotations

import pandas as pd

from smartcity_review import exports


def tables() -> dict[str, pd.DataFrame]:
    """Return the records that the exports give at each stage, from each source and by year.

    Returns
    -------
    ``recounted_flow`` (columns ``stage`` and ``records``, as ``prisma_flow.csv``),
    ``recounted_sources`` (``source`` and ``records``, as ``record_sources.csv``)
    and ``recounted_years`` (``stage``, ``year`` and ``records``).
    """
    if not exports.present():
        return {
            "recounted_flow": pd.DataFrame(columns=["stage", "records"]),
            "recounted_sources": pd.DataFrame(columns=["source", "records"]),
            "recounted_years": pd.DataFrame(columns=["stage", "year", "records"]),
        }
    from smartcity_review import corpus

    return {
        "recounted_flow": corpus.stages(),
        "recounted_sources": corpus.sources(),
        "recounted_years": corpus.years(),
    }

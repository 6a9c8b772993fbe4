"""What the authors' exports of the review count, once they are here, as tables that the checks of claims can ask.

Without exports the tables are empty, and nothing that reads exports is imported.
"""

from __future__ import annotations

import pandas as pd

from smartcity_review import author_exports


def recomputed_tables() -> dict[str, pd.DataFrame]:
    """Return the records that the exports give at each stage, from each source and by year.

    Returns
    -------
    ``recomputed_flow`` (columns ``stage`` and ``records``, as ``prisma_flow.csv``),
    ``recomputed_sources`` (``source`` and ``records``, as ``record_sources.csv``)
    and ``recomputed_years`` (``stage``, ``year`` and ``records``).
    """
    if not author_exports.has_exports():
        return {
            "recomputed_flow": pd.DataFrame(columns=["stage", "records"]),
            "recomputed_sources": pd.DataFrame(columns=["source", "records"]),
            "recomputed_years": pd.DataFrame(columns=["stage", "year", "records"]),
        }
    from smartcity_review import review_outputs

    return {
        "recomputed_flow": review_outputs.records_by_stage(),
        "recomputed_sources": review_outputs.records_by_source(),
        "recomputed_years": review_outputs.records_by_year(),
    }

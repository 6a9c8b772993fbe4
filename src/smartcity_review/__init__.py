"""What is about this paper, and only that; the machinery is :mod:`checkable_book`'s and :mod:`systematic_review`'s.

* :mod:`~smartcity_review.tables`: ``internet_use``, ``eligibility_criteria``,
  ``record_sources``, ``definitions``, ``policies``, ``initiatives``,
  ``policy_cycle``, ``approaches`` (the paper's), ``explore_initiatives``, ``explore_policies``,
  ``flow_scenarios``, ``dimension_shares``, ``deduplication_quality`` (ours);
* :mod:`~smartcity_review.charts`: ``internet_use``, ``initiatives``,
  ``policies_timeline``, ``policy_cycle``, ``rankings``, ``internet_users``,
  ``instruments_by_year``;
* :mod:`~smartcity_review.entity_tables`: all there is on one country (``measures``,
  ``stages``, ``initiatives_by_dimension``, ``country_claims``, ``country_facts``) or one
  dimension (``initiatives_by_country``, ``dimension_claims``);
* :mod:`~smartcity_review.review_outputs`: ``published_flow`` (Figure 1), and what the
  review's steps give for the records at hand: ``records_at_hand``, ``recomputed_flow``,
  ``trend``, ``keyword_maps``, ``proposals``;
* :mod:`~smartcity_review.worked_example`: the same steps on made-up records with
  decisions: ``sentence``, ``duplicates``, ``full_flow``, ``agreement``, ``trend``,
  ``keyword_map``;
* :mod:`~smartcity_review.author_exports`: whether the authors' exports are there;
* :mod:`~smartcity_review.recomputed_tables`: what the authors' exports count, as tables.

A chapter calls each of them, and that cell is its example, run by every build. Numbers,
analyses, rules and claims are queries (``numbers.csv``, ``views.csv``, and so on).
"""

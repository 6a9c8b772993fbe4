"""What is about this paper, and only that; everything else is :mod:`checkable_book`'s or :mod:`systematic_review`'s.

* :mod:`~smartcity_review.tables`: ``internet_use``, ``eligibility_criteria``,
  ``record_sources``, ``definitions``, ``policies``, ``initiatives``,
  ``policy_cycle``, ``ways`` (the paper's), ``explore_initiatives``, ``explore_policies``,
  ``flow_scenarios``, ``dimension_shares``, ``deduplication_quality`` (ours);
* :mod:`~smartcity_review.charts`: ``internet_use``, ``initiatives``,
  ``policies_timeline``, ``policy_cycle``, ``rankings``, ``internet_users``,
  ``instruments_by_year``;
* :mod:`~smartcity_review.profiles`: all there is on one country (``measures``,
  ``stages``, ``by_dimension``, ``country_claims``, ``country_facts``) or one
  dimension (``by_country``, ``dimension_claims``);
* :mod:`~smartcity_review.corpus`: ``published_flow`` (Figure 1), and what the
  review's steps give for the corpus at hand: ``standing``, ``recounted_flow``,
  ``trend``, ``keyword_maps``, ``proposals``;
* :mod:`~smartcity_review.example`: the same steps on made-up records with
  decisions: ``says``, ``duplicates``, ``both_stages``, ``agreement``, ``trend``,
  ``keyword_map``;
* :mod:`~smartcity_review.exports`: whether the authors' exports are there;
* :mod:`~smartcity_review.recounts`: what the authors' exports count, as tables.

A chapter calls each of them, and that cell is its example, run by every build. Numbers,
analyses, rules and claims are queries (``numbers.csv``, ``views.csv``, and so on).
"""

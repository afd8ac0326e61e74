"""From features to a grade: probability, rules, policy, adjustments and explanations."""

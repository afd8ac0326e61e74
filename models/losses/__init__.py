"""Expected losses and provisions: what defaults cost, by customer, grade and ageing bucket."""

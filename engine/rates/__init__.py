"""Rates (指标): versioned definitions, what they count by, how they are counted and told."""

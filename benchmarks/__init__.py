"""Tradegrade against what a data scientist would use instead, on one machine."""

"""Intervals, paired differences, clusters and planning, on numpy and scipy alone."""

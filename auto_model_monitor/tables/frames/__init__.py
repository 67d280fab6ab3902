"""Frames of Polars, Ibis and Spark, by Narwhals."""

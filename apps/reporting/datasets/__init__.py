"""Datasets: what a pivot, a saved report, an alert and a return on investment may ask."""

from apps.reporting.datasets import effectiveness, floor, ledger, stock, stops, trade
from apps.reporting.datasets.registry import (
    DIMENSIONS,
    PERIODS,
    Dataset,
    Dimension,
    Value,
    datasets,
)

__all__ = [
    "DIMENSIONS",
    "PERIODS",
    "Dataset",
    "Dimension",
    "Value",
    "datasets",
    "effectiveness",
    "floor",
    "ledger",
    "stock",
    "stops",
    "trade",
]

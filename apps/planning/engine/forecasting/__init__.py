"""Forecasting over plain series of numbers, oldest first. Floats: nothing here is ever posted."""

"""Finite scheduling over plain numbers: a dispatch rule first, then CP-SAT within its time box.

Time is counted in ticks of working time from the start of the schedule, so nights and holidays do
not exist here; ``axis`` turns ticks into moments and back.
"""

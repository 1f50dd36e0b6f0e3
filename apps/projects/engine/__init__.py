"""Critical path, three-point estimates, earned value: plain functions over plain values.

No database, no Django: times are numbers of working days from the start of the project.
"""

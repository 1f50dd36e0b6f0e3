"""`manage.py demo`: the whole suite on one machine, with a plant in it.

`prepare` makes the database and the files, `load` the plant, `supervisor` runs the processes.
"""

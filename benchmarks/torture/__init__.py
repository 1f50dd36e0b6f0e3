"""`manage.py torture`: processes and servers are killed while clients post; the books must agree.

`plant` makes the company, `clients` post through the API and keep their own notes, `nursery` runs
the processes that are killed, `storm` kills them, `oracle` compares notes and database. One module
of `faults` per fault.
"""

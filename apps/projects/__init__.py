"""Owns: projects, their work breakdown, tasks, baselines, milestones, rates, timesheets, billings.

Posts to: JournalEntry (labour and machine time), LabourBooking, invoices through finance.
Announces: nothing.
"""

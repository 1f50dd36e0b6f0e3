"""GS1 identification: application identifiers, check digits, scans and Digital Links.

Pure functions over plain values, after the GS1 General Specifications and GS1 Digital Link URI
Syntax. What an identifier looks like is data: ``application_identifiers.txt``.
"""

"""The standard audit file for tax (OECD, version 2.0), written as a stream."""

"""Electronic invoices after EN 16931, as pure functions: no models, no database, no network."""

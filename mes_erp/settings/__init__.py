"""`local` (embedded default), `test`, `production`; `base` holds what they share."""

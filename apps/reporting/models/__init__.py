"""No tables: every figure is read from the registers. Being here, the app takes part in migrate."""

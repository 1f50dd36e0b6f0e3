"""Bad input from outside, everywhere at once."""

"""How dates are written where a language has several ways; a package per language."""

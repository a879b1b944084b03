"""The language of formula fields: read, checked for kinds, computed. docs/formulas.md tells it."""

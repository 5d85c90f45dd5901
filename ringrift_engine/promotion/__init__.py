"""Promotion: which candidate becomes the model that everybody plays with.

criteria   what a candidate has to show, and what the evidence is
decision   the one function that decides
registry   models, decisions and who was promoted when, in one SQLite file
publish    the promoted copy of a model, then the registry's pointer to it; going back to the model before
"""

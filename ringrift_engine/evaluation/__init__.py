"""Evaluation: how strong a candidate is, from games that every seat and every participant can be asked about.

settings      what a gauntlet may be told, defaults per configuration
openings      random openings, played from every seat
match         one match, and one that goes on until the sequential test decides
match_result  what a match came to
match_log     the log of all evaluation games
gauntlet      the matches of a candidate
ranking       finishing order, half points
intervals     Elo scale, Wilson intervals
sequential    the test of "stronger by 25 Elo"
floors        least win rates against the fixed opponents
background    games of a network while it is trained
value_error   how well a model foretells winners
"""

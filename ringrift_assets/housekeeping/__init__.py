"""Housekeeping: the only thing here that deletes, and it can say first what it would.

plan      what may go, and why: pure, from what a configuration holds
holdings  what a configuration holds: manifests, files, models, receipts
removing  taking files out of their sets and off the disk, under the locks of the stages
runs      Dagster's records of runs that ended long ago
keeping   one execution over configurations and runs, with its row in the registry
job       the Dagster job `housekeeping`
"""

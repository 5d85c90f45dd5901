"""Going back to the model before, when the promoted one proves weaker.

monitor   the engine's rollback monitor over this platform's files and thresholds
job       the job `rollback`: a match, a check, and the rollback if the check says so

The sensor `rollback_monitor`, in `ringrift_assets.sensors`, asks for the job.
"""

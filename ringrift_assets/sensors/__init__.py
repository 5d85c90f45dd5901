"""The sensors: what starts runs when nobody is there. All are off until `ringrift loop start` or the UI turns them on.

outlook     what is known of a configuration at one moment: gates, breakers, runs, plan
requests    runs that sensors ask for, and who may ask
selfplay    `selfplay_scheduler`: games by the plan, when the pool is free
gates       `freshness_gate` and `quality_gate`: the run that clears a closed gate, with priority
training    `training_trigger`: alone starts `improve`
inbox       `inbox`: games from elsewhere are taken in
rollback    `rollback_monitor`: a promoted model that proves weaker is taken back
failures    `run_failures`: what failed, into the registry
"""

from ringrift_assets.sensors.failures import run_failures
from ringrift_assets.sensors.gates import freshness_gate, quality_gate
from ringrift_assets.sensors.inbox import inbox_sensor
from ringrift_assets.sensors.rollback import rollback_monitor
from ringrift_assets.sensors.selfplay import selfplay_scheduler
from ringrift_assets.sensors.training import training_trigger

ALL_SENSORS = [
    selfplay_scheduler,
    freshness_gate,
    quality_gate,
    training_trigger,
    inbox_sensor,
    rollback_monitor,
    run_failures,
]

__all__ = ["ALL_SENSORS"]

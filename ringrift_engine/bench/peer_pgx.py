"""Random games in Pgx on one thread of the CPU: moves a second as JSON. Arguments: game, repeats, seconds of a repeat.

One compiled loop over a batch of games, each replaced by a new one when it ends; a move is drawn evenly among the legal
ones. What compiling takes is not counted.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false
# What is imported here comes with the optional extra `bench`.

import json
import sys
import time

import jax
import jax.numpy as jnp
import pgx
from pgx.experimental import auto_reset

_BATCH = 256
_STEPS = 32


def main(name: str, repeats: int, seconds: float) -> None:
    """Measure and print."""
    env = pgx.make(name)
    start, step = jax.vmap(env.init), jax.vmap(auto_reset(env.step, env.init))

    def one(states, key):
        drawn, reset = jax.random.split(key)
        actions = jax.random.categorical(drawn, jnp.where(states.legal_action_mask, 0.0, -jnp.inf), axis=-1)
        return step(states, actions, jax.random.split(reset, _BATCH)), None

    play = jax.jit(lambda states, key: jax.lax.scan(one, states, jax.random.split(key, _STEPS))[0])
    states = jax.jit(start)(jax.random.split(jax.random.key(0), _BATCH))
    states = jax.block_until_ready(play(states, jax.random.key(1)))
    began = time.perf_counter()
    states = jax.block_until_ready(play(states, jax.random.key(2)))
    calls = max(1, round(seconds / (time.perf_counter() - began)))
    rates = []
    for number in range(repeats):
        began = time.perf_counter()
        for call in range(calls):
            states = play(states, jax.random.key(3 + number * calls + call))
        jax.block_until_ready(states)
        rates.append(_BATCH * _STEPS * calls / (time.perf_counter() - began))
    print(json.dumps({"moves_per_s": rates, "details": {"batch": _BATCH, "pgx": pgx.__version__}}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))

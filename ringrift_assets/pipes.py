"""How an asset hands a task to a worker process and gets the result back.

`Workers` is the resource that assets ask; `worker.py` is the other end. Tests replace it by one that runs the same
tasks in their own process.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from ringrift_assets.messages import WholeMessageReader
from ringrift_assets.worker import PARENT_VARIABLE
from ringrift_engine import errors


class Workers(dg.ConfigurableResource):
    """Runs the tasks of `tasks.py`, each in a process of its own."""

    threads: int = Field(
        default=2, ge=1, description="Threads of one worker. Results are equal only at equal numbers of threads."
    )
    device: str = Field(
        default="cpu", description="Where networks play and search: cpu, cuda, or auto for cuda where it can be used."
    )

    @property
    def means(self) -> dict[str, Any]:
        """What every task is told of the machine it may use."""
        return {"threads": self.threads, "device": self.device}

    def run(
        self, context: dg.AssetExecutionContext | dg.OpExecutionContext, task: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The task's result; a RingRiftError of the worker is raised here again with its text."""
        client = dg.PipesSubprocessClient(env={PARENT_VARIABLE: str(os.getpid())}, message_reader=WholeMessageReader())
        command = [sys.executable, "-m", "ringrift_assets.worker", task]
        finished = client.run(context=context, command=command, extras={**request, **self.means})
        messages = finished.get_custom_messages()
        if not messages:
            raise errors.RingRiftError(
                f"The worker of {task} ended without a result. What it said is above; run it again."
            )
        return unpack(messages[-1])


def unpack(message: Mapping[str, Any]) -> dict[str, Any]:
    """The result inside a worker's message; raises the error it reports instead, under its class if `errors` has it."""
    if "error" in message:
        raise getattr(errors, message["error"], errors.RingRiftError)(message["text"])
    return dict(message["result"])

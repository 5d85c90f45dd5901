"""The other machines, as `ringrift.yaml` lists them: read and checked here, used by what moves games and models.

```yaml
nodes:
  - {name: attic, path: /mnt/attic/ringrift, role: generate}
  - {name: rack1, ssh: "games@rack1:/srv/ringrift", role: train}
```
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ringrift_engine.errors import ConfigError, refuse_unknown

ROLES: Final = ("generate", "train", "store")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
# Host and path reach ssh and rsync as arguments: nothing may look like an option of theirs or hold a blank.
_SSH: Final = re.compile(r"([A-Za-z0-9_][\w.-]*@)?[A-Za-z0-9][\w.-]*:[\w./~+-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Node:
    """One machine, reached by a mounted folder or by ssh.

    name  short, lower-case; names metrics and receipts
    role  `generate`: its games are fetched; `train`: it gets games and models; `store`: it keeps copies of everything
    path  its data root as a folder of this machine, or None
    ssh   its data root as `[user@]host:path`, or None; exactly one of the two is given
    """

    name: str
    role: str
    path: str | None = None
    ssh: str | None = None


def read_nodes(listed: Any, source: str) -> tuple[Node, ...]:
    """The nodes of a parsed YAML list; ConfigError that begins with `source` for the first one that is none."""
    if not isinstance(listed, list):
        raise ConfigError(f"{source}: nodes must be a list, not {listed!r}.")
    nodes = tuple(_node(entry, f"{source}, node {number}") for number, entry in enumerate(listed, start=1))
    names = [node.name for node in nodes]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{source}: two nodes are called {name!r}; give each a name of its own.")
    return nodes


def _node(entry: Any, source: str) -> Node:
    known = [field.name for field in fields(Node)]
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{source}: a node is a mapping of {', '.join(known)}, not {entry!r}.")
    refuse_unknown("key of a node", map(str, entry), known, source)
    for name, value in entry.items():
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{source}: {name} must be a text, not {value!r}.")
    if missing := [name for name in ("name", "role") if name not in entry]:
        raise ConfigError(f"{source}: {missing[0]} is missing.")
    node = Node(**entry)
    if not _NAME.fullmatch(node.name):
        raise ConfigError(f"{source}: the name {node.name!r} must be of lower-case letters, digits, '-' and '_'.")
    if node.role not in ROLES:
        raise ConfigError(f"{source}: role must be one of {', '.join(ROLES)}, not {node.role!r}.")
    if (node.path is None) == (node.ssh is None):
        raise ConfigError(f"{source}: {node.name} needs either path or ssh, one of the two.")
    if node.ssh is not None and not _SSH.fullmatch(node.ssh):
        raise ConfigError(f"{source}: ssh must be [user@]host:path, not {node.ssh!r}.")
    return node

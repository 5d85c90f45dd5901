"""The network, its checkpoints, and the evaluator that searches and players ask.

    settings     how large a network is, per configuration; the architecture hash. Imports no torch
    layers       convolutions, pooling and blocks
    network      the network itself: one class for all boards
    checkpoint   safetensors files with a JSON header; identity is the hash of the bytes
    precision    which arithmetic a network computes in
    workers      threads that take whole pieces of work
    transfer     first weights from the network of another configuration
    inference    from arrays to arrays, in chunks of fixed sizes
    evaluator    logits of legal moves and win probabilities for a batch of games

Training is in `ringrift_engine.training`. Names are imported from the modules, so that listing settings costs no torch.
"""

from ringrift_engine.nets.settings import NetworkSettings, network_settings

__all__ = ["NetworkSettings", "network_settings"]

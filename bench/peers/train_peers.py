#!/usr/bin/env python3
"""Forward and backward passes of MobileFaceNet and IResNet-18: facecluster-train against the system's PyTorch.

Both run on this machine in this run, alternately, with the same shapes, batch and threads; the networks are written here from
their published descriptions. Needs python3-torch (apt-get install python3-torch).

    /usr/bin/python3 bench/peers/train_peers.py --train artifacts/facecluster-train
"""
import argparse
import json
import statistics
import subprocess
import time

import torch
from torch import nn


def conv(i, o, k, s, p, g=1, act=True):
    layers = [nn.Conv2d(i, o, k, s, p, groups=g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, nn.PReLU(o)) if act else nn.Sequential(*layers)


class Bottleneck(nn.Module):
    def __init__(self, i, o, s, e, residual):
        super().__init__()
        self.body = nn.Sequential(conv(i, e, 1, 1, 0), conv(e, e, 3, s, 1, e), conv(e, o, 1, 1, 0, act=False))
        self.residual = residual

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


def mobilefacenet(d=512):
    stage = lambda c, n, e: [Bottleneck(c, c, 1, e, True) for _ in range(n)]
    return nn.Sequential(
        conv(3, 64, 3, 2, 1), conv(64, 64, 3, 1, 1, 64), Bottleneck(64, 64, 2, 128, False), *stage(64, 4, 128),
        Bottleneck(64, 128, 2, 256, False), *stage(128, 6, 256), Bottleneck(128, 128, 2, 512, False), *stage(128, 2, 256),
        conv(128, 512, 1, 1, 0), conv(512, 512, 7, 1, 0, 512, act=False), nn.Flatten(), nn.Linear(512, d, bias=False), nn.BatchNorm1d(d))


class Block(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.PReLU(o),
            nn.Conv2d(o, o, 3, s, 1, bias=False), nn.BatchNorm2d(o))
        self.short = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s == 2 else nn.Identity()

    def forward(self, x):
        return self.body(x) + self.short(x)


def iresnet18(d=512):
    blocks, channels = [], 64
    for width in (64, 128, 256, 512):
        blocks += [Block(channels, width, 2), Block(width, width, 1)]
        channels = width
    return nn.Sequential(conv(3, 64, 3, 1, 1), *blocks, nn.BatchNorm2d(512), nn.Flatten(), nn.Linear(512 * 49, d), nn.BatchNorm1d(d))


def measure(model, batch, rounds):
    model.train()
    x = torch.randn(batch, 3, 112, 112)
    times = []
    for round in range(rounds + 2):
        start = time.perf_counter()
        for p in model.parameters():
            if p.grad is not None:
                p.grad.zero_()
        model(x).pow(2).mean().backward()
        if round >= 2:
            times.append(time.perf_counter() - start)
    return batch / statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", default="artifacts/facecluster-train")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"PyTorch {torch.__version__}: " + ", ".join(part.strip() for part in torch.__config__.show().split(",") if "BLAS_INFO" in part or "USE_MKL" in part))
    for name, build in (("mobilefacenet", mobilefacenet), ("iresnet18", iresnet18)):
        model = build()
        count = sum(p.numel() for p in model.parameters())
        peer, own = [], []
        for _ in range(options.repeat):
            peer.append(measure(model, options.batch, options.rounds))
            command = [*options.train.split(), "speed", "--backbone", name, "--batch", str(options.batch), "--rounds", str(options.rounds), "--threads", str(options.threads)]
            own.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["images_per_second"])
        print(json.dumps({"model": name, "parameters": count, "facecluster": round(max(own), 2), "pytorch": round(max(peer), 2), "ratio": round(max(own) / max(peer), 3)}))


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Clustering methods that Debian's Python packages provide, on the same embeddings as bench/Bench.

    apt-get install python3-igraph python3-numpy python3-scipy
    /usr/bin/python3 bench/peers/cluster_peers.py TUNE-FOLDER FOLDER...

A folder holds features.f32 (raw, 512 floats a row) and labels.meta. Each method's setting is the one with the best
BCubed F on the first folder; the others are scored with it. Infomap is igraph's, two-level, 5 trials, seed 100.

Infomap on the cosine graph: 80 neighbours above a cosine floor, weighted by cosine.
FC-ES (early stop): P_ij = exp(-(2 - 2 cos) / 0.5) over the row's sum, self included; the edges of a row are walked by
cosine while the shared mass of the two rows stays at or above theta; directed Infomap on that mass.
FaceMap: 256 neighbours; of the slopes of the row's normalised similarities, seen from the tail in windows of 20, the
place with the largest z value against the tail ends the list; undirected Infomap on what is left.
"""
import os
import random
import sys
import time

import igraph
import numpy as np


def load(folder):
    raw = np.fromfile(os.path.join(folder, "features.f32"), dtype="<f4").reshape(-1, 512)
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    labels = np.loadtxt(os.path.join(folder, "labels.meta"), dtype=np.int64)
    return os.path.basename(folder.rstrip("/")), unit.astype(np.float32), labels


def neighbours(unit, k):
    """The k nearest other rows, best first."""
    rows = np.empty((len(unit), k), np.int32)
    cosines = np.empty((len(unit), k), np.float32)
    for start in range(0, len(unit), 512):
        scores = unit[start:start + 512] @ unit.T
        scores[np.arange(len(scores)), np.arange(start, start + len(scores))] = -2
        part = np.argpartition(-scores, k, axis=1)[:, :k]
        values = np.take_along_axis(scores, part, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        rows[start:start + 512] = np.take_along_axis(part, order, axis=1)
        cosines[start:start + 512] = np.take_along_axis(values, order, axis=1)
    return rows, cosines


def scores(labels, truth):
    """Pairwise F and BCubed F."""
    pairs = {}
    for a, b in zip(labels.tolist(), truth.tolist()):
        pairs[a, b] = pairs.get((a, b), 0) + 1
    n = np.array(list(pairs.values()), np.int64)
    clusters = np.bincount(labels)
    people = np.bincount(np.unique(truth, return_inverse=True)[1])
    keys = np.array([key[0] for key in pairs])
    remap = {value: index for index, value in enumerate(np.unique(truth).tolist())}
    names = np.array([remap[key[1]] for key in pairs])
    together = int((n * n).sum()) - len(labels)
    p = together / max(1, int((clusters.astype(np.int64) ** 2).sum()) - len(labels))
    r = together / max(1, int((people.astype(np.int64) ** 2).sum()) - len(labels))
    bp = float((n * n / clusters[keys]).sum() / len(labels))
    br = float((n * n / people[names]).sum() / len(labels))
    f = lambda x, y: 2 * x * y / (x + y) if x + y > 0 else 0.0
    return f(p, r), f(bp, br)


def infomap(count, edges, weights, directed):
    """Edges as an array of two columns; rows without an edge stay alone."""
    if len(edges) == 0:
        return np.arange(count)
    random.seed(100)
    igraph.set_random_number_generator(random)
    graph = igraph.Graph(n=count, edges=edges.tolist(), directed=directed)
    if not directed:
        graph.es["weight"] = weights.tolist()
        graph = graph.simplify(combine_edges={"weight": "max"})
        weights = graph.es["weight"]
    return np.array(graph.community_infomap(edge_weights=list(weights), trials=5).membership)


def cosine_infomap(knn, floor):
    rows, cosines = knn[0][:, :80], knn[1][:, :80]
    keep = cosines > floor
    edges = np.column_stack([np.repeat(np.arange(len(rows)), keep.sum(1)), rows[keep]])
    return infomap(len(rows), edges, cosines[keep], directed=False)


def early_stop(knn, theta):
    count, k = len(knn[0]), 79
    rows = np.column_stack([np.arange(count), knn[0][:, :k]])
    mass = np.exp(-(2 - 2 * np.column_stack([np.ones(count), knn[1][:, :k]])) / 0.5)
    mass /= mass.sum(1, keepdims=True)
    edges, weights = [], []
    dense = np.zeros(count)
    for i in range(count):
        dense[rows[i]] = mass[i]
        for n in range(1, k + 1):
            j = rows[i, n]
            shared = dense[rows[j]] > 0
            value = 0.5 * float((dense[rows[j]] + mass[j])[shared].sum())
            if value < theta:
                break
            edges.append((i, j))
            weights.append(value)
        dense[rows[i]] = 0
    return infomap(count, np.array(edges), np.array(weights), directed=True)


def facemap(knn, window):
    rows, cosines = knn
    count = len(rows)
    p = cosines / cosines.sum(1, keepdims=True)
    slopes = p[:, :-1] - p[:, 1:]
    edges, weights = [], []
    length = slopes.shape[1]
    for i in range(count):
        best, cut = -np.inf, 0
        for at in range(length - 2 * window, -1, -1):
            tail = slopes[i, at + window:]
            z = abs(slopes[i, at:at + window].mean() - tail.mean()) / max(tail.std(), 1e-12)
            if z > best:
                best, cut = z, at
        for n in range(cut + 1):
            edges.append((i, rows[i, n]))
            weights.append(max(float(p[i, n]), 1e-9))
    return infomap(count, np.array(edges), np.array(weights), directed=False)


def average_linkage(unit, settings):
    from scipy.cluster.hierarchy import fcluster, linkage
    upper = np.concatenate([1 - unit[i, None] @ unit[i + 1:].T for i in range(len(unit) - 1)], axis=1)[0]
    tree = linkage(np.maximum(upper.astype(np.float64), 0), "average")
    return {s: fcluster(tree, 1 - s, "distance") - 1 for s in settings}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sets = [load(folder) for folder in sys.argv[1:]]
    graphs = [neighbours(unit, 256) for _, unit, _ in sets]
    methods = [
        ("Infomap on the cosine graph", cosine_infomap, [0.34, 0.40, 0.46, 0.50, 0.54, 0.58, 0.62]),
        ("FC-ES + Infomap", early_stop, [0.22, 0.30, 0.38, 0.46, 0.54, 0.62, 0.70]),
        ("FaceMap", facemap, [10, 20, 30]),
    ]
    for name, run, settings in methods:
        clock = time.process_time()
        tried = {s: scores(run(graphs[0], s), sets[0][2]) for s in settings}
        best = max(tried, key=lambda s: tried[s][1])
        print(f"{name}, setting {best}")
        print(f"  {sets[0][0]:14} pairwise F {tried[best][0]:.4f}  BCubed F {tried[best][1]:.4f}")
        for (label, _, truth), graph in list(zip(sets, graphs))[1:]:
            f, b = scores(run(graph, best), truth)
            print(f"  {label:14} pairwise F {f:.4f}  BCubed F {b:.4f}")
        print(f"  {time.process_time() - clock:.0f} s of processor time", flush=True)
    floors = [round(0.30 + 0.02 * i, 2) for i in range(22)]
    cuts = {s: scores(labels, sets[0][2]) for s, labels in average_linkage(sets[0][1], floors).items()}
    best = max(cuts, key=lambda s: cuts[s][1])
    print(f"average-linkage HAC, setting {best}")
    for name, unit, truth in sets:
        f, b = scores(average_linkage(unit, [best])[best], truth)
        print(f"  {name:14} pairwise F {f:.4f}  BCubed F {b:.4f}", flush=True)


if __name__ == "__main__":
    main()

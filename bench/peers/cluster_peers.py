#!/usr/bin/python3
"""Clustering methods that Debian's Python packages provide, on the same embeddings as bench/Bench.

    apt-get install python3-igraph python3-numpy python3-scipy
    /usr/bin/python3 bench/peers/cluster_peers.py TUNE-FOLDER FOLDER...

A folder holds features.f32 (raw, 512 floats a row) and labels.meta. Each method's setting is the one with the best
BCubed F on the first folder; the others are scored with it. Infomap is igraph's, two-level, seed 100; 1 trial while settings
are tried, 5 with the chosen one.

Infomap on the cosine graph: 80 neighbours above a cosine floor, weighted by cosine.
FC-ES (early stop): P_ij = exp(-(2 - 2 cos) / temperature) over the row's sum of k entries, self included; the edges of a
row are walked by cosine while the shared mass of the two rows stays at or above theta; directed Infomap on that mass.
Published: k 80, temperature 0.5, theta 0.22. All three are tuned here, because faces with few pictures share little mass.
FaceMap: 256 neighbours; of the slopes of the row's normalised similarities, seen from the tail in windows, the place with
the largest z value against the tail ends the list; undirected Infomap on what is left. Published: windows of 10 to 30. A
cosine floor is tuned besides, because the end of a list always leaves one neighbour, even to a face that has none.
"""
import os
import random
import sys
import time

import igraph
import numpy as np


# Fewer while settings are tried.
TRIALS = [5]


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
    return np.array(graph.community_infomap(edge_weights=list(weights), trials=TRIALS[0]).membership)


def cosine_infomap(knn, floor):
    rows, cosines = knn[0][:, :80], knn[1][:, :80]
    keep = cosines > floor
    edges = np.column_stack([np.repeat(np.arange(len(rows)), keep.sum(1)), rows[keep]])
    return infomap(len(rows), edges, cosines[keep], directed=False)


def shared_mass(knn, k, temperature, cache={}):
    """The mass that each row shares with each of its k - 1 neighbours."""
    key = id(knn), k, temperature
    if key not in cache:
        count = len(knn[0])
        rows = np.column_stack([np.arange(count), knn[0][:, :k - 1]])
        mass = np.exp(-(2 - 2 * np.column_stack([np.ones(count), knn[1][:, :k - 1]])) / temperature)
        mass /= mass.sum(1, keepdims=True)
        shared = np.zeros((count, k - 1))
        dense = np.zeros(count)
        for i in range(count):
            dense[rows[i]] = mass[i]
            there, theirs = dense[rows[rows[i, 1:]]], mass[rows[i, 1:]]
            shared[i] = 0.5 * np.where(there > 0, there + theirs, 0).sum(1)
            dense[rows[i]] = 0
        cache[key] = shared
    return cache[key]


def early_stop(knn, setting):
    k, temperature, theta = setting
    shared = shared_mass(knn, k, temperature)
    count = len(shared)
    keep = np.logical_and.accumulate(shared >= theta, axis=1)
    edges = np.column_stack([np.repeat(np.arange(count), keep.sum(1)), knn[0][:, :k - 1][keep]])
    return infomap(count, edges, shared[keep], directed=True)


def list_ends(p, window):
    """The number of neighbours that each list keeps."""
    slopes = p[:, :-1] - p[:, 1:]
    count, length = slopes.shape
    sums = np.column_stack([np.zeros(count), slopes.cumsum(1)])
    squares = np.column_stack([np.zeros(count), (slopes * slopes).cumsum(1)])
    best = np.full(count, -np.inf)
    ends = np.zeros(count, np.int64)
    for at in range(length - 2 * window, -1, -1):
        inside = (sums[:, at + window] - sums[:, at]) / window
        tail = (sums[:, -1] - sums[:, at + window]) / (length - at - window)
        spread = (squares[:, -1] - squares[:, at + window]) / (length - at - window) - tail * tail
        z = np.abs(inside - tail) / np.sqrt(np.maximum(spread, 1e-24))
        better = z > best
        best[better], ends[better] = z[better], at
    return ends + 1


def facemap(knn, setting):
    window, floor = setting
    rows, cosines = knn
    p = cosines / cosines.sum(1, keepdims=True)
    keep = (np.arange(rows.shape[1]) < list_ends(p.astype(np.float64), window)[:, None]) & (cosines > floor)
    edges = np.column_stack([np.repeat(np.arange(len(rows)), keep.sum(1)), rows[keep]])
    return infomap(len(rows), edges, np.maximum(p[keep], 1e-9), directed=False)


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
        ("FC-ES + Infomap: k, temperature, theta", early_stop, [
            (k, temperature, theta) for k in (10, 20, 40, 80, 160) for temperature in (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
            for theta in (0.22, 0.26, 0.3, 0.33, 0.36, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)]),
        ("FaceMap: window, cosine floor", facemap, [
            (window, floor) for window in (2, 3, 5, 10, 15, 20, 30)
            for floor in (-1, *(round(0.40 + 0.02 * i, 2) for i in range(11)))]),
    ]
    for name, run, settings in methods:
        clock = time.process_time()
        TRIALS[0] = 1
        tried = {s: scores(run(graphs[0], s), sets[0][2]) for s in settings}
        best = max(tried, key=lambda s: tried[s][1])
        TRIALS[0] = 5
        tried[best] = scores(run(graphs[0], best), sets[0][2])
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

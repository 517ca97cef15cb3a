#!/usr/bin/python3
"""Exact search of FaceCluster beside faiss (flat, IVF) and hnswlib: same data, same run, one table of ratios.

First one JSON line per index and batch with the fields of `facecluster bench search` (medians over the rounds), then
the table.

Debian/Ubuntu: apt-get install python3-faiss libopenblas0 python3-hnswlib

Everybody takes turns: in each round every index answers for about a second at each batch size, and the table shows the
median over the rounds of (our throughput / the peer's throughput in the same round). On a machine with other work the
processor time per query is the steadier figure; its ratio stands beside it.

OpenBLAS 0.3.21 of Debian 12 does not know processors newer than itself and falls back to its slowest kernels, which
would flatter us; the script therefore names the best kernels for the processor (--blas default leaves it alone).
"""
import argparse
import functools
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--k", type=int, default=10)
    parser.add_argument("--batch", default="1,16,256")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--peers", default="flat", help="any of flat, ivf, hnsw")
    parser.add_argument("--nlist", type=int, default=0, help="inverted lists of ivf; 0 = 4 * sqrt(n)")
    parser.add_argument("--nprobe", default="32", help="lists read per query; several with commas")
    parser.add_argument("--save", default="", metavar="FOLDER", help="keep built peer indexes here and take them from here: building a large one takes long")
    parser.add_argument("--blas", default="auto", help="OPENBLAS_CORETYPE, auto or default")
    parser.add_argument("--graph", type=int, default=0, metavar="K", help="whole-graph kNN instead: faiss flat on a sample of rows")
    parser.add_argument("--sample", type=int, default=8192, help="rows that faiss searches for --graph; its time is scaled to n")
    parser.add_argument("--ours", default="dotnet bench/Bench/bin/Release/net10.0/FaceCluster.Bench.dll", help="command that takes 'search ...'")
    parser.add_argument("--lock", default="", help="file locked while a round runs")
    return parser.parse_args()


def choose_blas(wanted):
    if wanted == "auto":
        flags = open("/proc/cpuinfo").read()
        wanted = "SkylakeX" if "avx512bw" in flags else "Haswell" if "avx2" in flags else "default"
    if wanted != "default" and os.environ.get("OPENBLAS_CORETYPE") != wanted:
        os.environ["OPENBLAS_CORETYPE"] = wanted
        os.execv(sys.executable, [sys.executable, *sys.argv])


class Ours:
    def __init__(self, options, folder):
        command = shlex.split(options.ours) + ["search", "--n", str(options.n), "--k", str(options.k), "--threads", str(options.threads), "--export", folder, "--paced"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def measure(self, batch, seconds):
        self.process.stdin.write(f"{batch} {seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer:
    def __init__(self, name, options, queries, truth, build, search):
        self.name, self.options, self.queries, self.search = name, options, queries, search
        started = time.time()
        self.build_s = build() or time.time() - started
        found = search(queries[: len(truth)])
        self.recall = sum(len(set(a) & set(b)) for a, b in zip(truth.tolist(), found.tolist())) / truth.size

    def measure(self, batch, seconds):
        times, at, count = [], 0, len(self.queries)
        self.search(self.queries[:batch])
        cpu, started = time.process_time(), time.time()
        while len(times) < 2 or time.time() - started < seconds:
            part = self.queries[at % count : at % count + batch]
            at += batch
            begin = time.time()
            self.search(part)
            times.append(time.time() - begin)
        elapsed, done = time.time() - started, len(times) * batch
        times.sort()
        return {
            "name": self.name, "n": self.options.n, "batch": batch, "threads": self.options.threads,
            "qps": done / elapsed, "p99_ms": 1e3 * times[-(-99 * len(times) // 100) - 1],
            "cpu_ms_per_query": 1e3 * (time.process_time() - cpu) / done, "recall": self.recall, "build_s": self.build_s,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def kept(options, name, load, build, save):
    """Loads an index that --save kept, else builds it and keeps it; returns the seconds that building took."""
    path = os.path.join(options.save, name + ".bin")
    if options.save:
        os.makedirs(options.save, exist_ok=True)
    if options.save and os.path.exists(path):
        load(path)
        return json.load(open(os.path.join(options.save, name + ".json")))["build_s"]
    started = time.time()
    build()
    seconds = time.time() - started
    if options.save:
        save(path)
        json.dump({"n": options.n, "build_s": seconds}, open(os.path.join(options.save, name + ".json"), "w"))
    return seconds


def peers(options, faces, queries):
    import faiss

    faiss.omp_set_num_threads(options.threads)
    wanted = options.peers.split(",")
    flat = faiss.IndexFlatIP(faces.shape[1])
    flat.add(faces)
    truth = flat.search(queries[:256], options.k)[1]
    if "flat" in wanted:
        yield Peer("faiss-flat", options, queries, truth, lambda: None, lambda q: flat.search(q, options.k)[1])
    else:
        del flat
    if "ivf" in wanted:
        lists = options.nlist or int(4 * options.n**0.5)
        ivf = faiss.index_factory(faces.shape[1], f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)

        def train():
            # Faiss wants 39 to 256 rows a list.
            ivf.train(faces[:: max(1, len(faces) // (64 * lists))])
            ivf.add(faces)

        def load(path):
            nonlocal ivf
            ivf = faiss.read_index(path)

        seconds = None

        def build():
            nonlocal seconds
            if seconds is None:
                seconds = kept(options, f"ivf{lists}-{options.n}", load, train, lambda path: faiss.write_index(ivf, path))
            return seconds

        def search(q, probes):
            ivf.nprobe = probes
            return ivf.search(q, options.k)[1]

        for probes in [int(part) for part in options.nprobe.split(",")]:
            yield Peer(f"faiss-ivf{lists}-np{probes}", options, queries, truth, build, functools.partial(search, probes=probes))
    if "hnsw" in wanted:
        import hnswlib

        graph = hnswlib.Index("ip", faces.shape[1])

        def add():
            graph.init_index(len(faces), M=16, ef_construction=200)
            graph.add_items(faces, num_threads=options.threads)

        def build():
            seconds = kept(options, f"hnsw-{options.n}", graph.load_index, add, graph.save_index)
            graph.set_ef(64)
            return seconds

        yield Peer("hnswlib-m16-ef64", options, queries, truth, build, lambda q: graph.knn_query(q, options.k, num_threads=options.threads)[0])


def locked(options):
    import contextlib
    import fcntl

    if not options.lock:
        return contextlib.nullcontext()
    file = open(options.lock, "a")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def compare(options, folder):
    import numpy

    ours = Ours(options, folder)
    print(json.dumps(ours.ready), flush=True)
    faces = numpy.memmap(os.path.join(folder, "faces.f32"), dtype=numpy.float32, mode="r").reshape(options.n, -1)
    queries = numpy.fromfile(os.path.join(folder, "queries.f32"), dtype=numpy.float32).reshape(-1, faces.shape[1])
    contenders = [ours, *peers(options, faces, queries)]
    batches = [int(batch) for batch in options.batch.split(",")]
    results = {}
    for _ in range(options.rounds):
        for batch in batches:
            with locked(options):
                for contender in contenders:
                    line = contender.measure(batch, options.seconds)
                    results.setdefault((line["name"], batch), []).append(line)
    ours.close()
    fields = ("name", "n", "batch", "threads", "qps", "p99_ms", "recall", "build_s", "peak_mb")
    reference = next(iter(results))[0]
    for (name, batch), lines in results.items():
        line = {**lines[0], **{key: statistics.median(one[key] for one in lines) for key in ("qps", "p99_ms", "peak_mb")}}
        line.setdefault("recall", ours.ready["recall"])
        print(json.dumps({key: line[key] for key in fields}), flush=True)
    print(f"\n{'index':<24}{'batch':>6}{'qps':>10}{'p99 ms':>10}{'cpu ms/q':>10}{'recall':>8}{'build s':>9}{'peak MB':>9}{'ours/qps':>10}{'ours/cpu':>10}")
    for (name, batch), lines in sorted(results.items(), key=lambda item: (item[0][1], item[0][0] != reference, item[0][0])):
        own = results[(reference, batch)]
        middle = {key: statistics.median(line[key] for line in lines) for key in ("qps", "p99_ms", "cpu_ms_per_query", "recall", "build_s", "peak_mb")}
        wall = statistics.median(a["qps"] / b["qps"] for a, b in zip(own, lines))
        cpu = statistics.median(b["cpu_ms_per_query"] / a["cpu_ms_per_query"] for a, b in zip(own, lines))
        print(
            f"{name:<24}{batch:>6}{middle['qps']:>10.0f}{middle['p99_ms']:>10.2f}{middle['cpu_ms_per_query']:>10.3f}{middle['recall']:>8.4f}"
            f"{middle['build_s']:>9.1f}{middle['peak_mb']:>9.0f}{wall:>10.2f}{cpu:>10.2f}"
        )


def compare_graph(options, folder):
    import faiss
    import numpy

    ours = Ours(options, folder)
    ours.close()
    faces = numpy.fromfile(os.path.join(folder, "faces.f32"), dtype=numpy.float32).reshape(options.n, -1)
    faiss.omp_set_num_threads(options.threads)
    flat = faiss.IndexFlatIP(faces.shape[1])
    flat.add(faces)
    rows = min(options.sample, options.n)
    command = shlex.split(options.ours) + ["knn", "--n", str(options.n), "--k", str(options.graph), "--threads", str(options.threads)]
    for _ in range(options.rounds):
        with locked(options):
            line = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])
            cpu, started = time.process_time(), time.time()
            flat.search(faces[:rows], options.graph)
            scale = options.n / rows
            wall, cpu = (time.time() - started) * scale, (time.process_time() - cpu) * scale
        line.update(faiss_seconds=wall, faiss_cpu_s=cpu, faiss_rows=rows, ours_over_this_wall=wall / line["seconds"], ours_over_this_cpu=cpu / line["cpu_s"])
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    chosen = arguments()
    choose_blas(chosen.blas)
    with tempfile.TemporaryDirectory(prefix="facecluster-peers-") as temporary:
        (compare_graph if chosen.graph else compare)(chosen, temporary)

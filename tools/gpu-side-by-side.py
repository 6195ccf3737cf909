"""Ours and the published stack in one run, on the same cards: what belongs together stands on one card, one after the other; cards work at the
same time. Packed by tools/device-run, whose `run side-by-side` starts it.

gpu-side-by-side.py FOLDER BIN RESULTS SECONDS   FOLDER: the packed one; BIN: our programs; what has not ended after SECONDS is stopped
gpu-side-by-side.py peers FILE KINDS SECTION…    the published stack alone: sections of FILE (peer_gpu.py), of these kinds (as "softmax,liger_gla")

What comes is in RESULTS/gpu-side-by-side.json after every job, what a job wrote before it was stopped included.
"""
import datetime
import json
import os
import subprocess
import sys
import threading
import time

KINDS = '("softmax", "liger_gla")'


def peers(path, kinds, sections):
    source = open(path).read()
    assert KINDS in source, f"{path} measures other kinds than {KINDS}"
    sys.argv = [path, *sections]
    exec(compile(source.replace(KINDS, repr(tuple(kinds.split(",")))), path, "exec"), {"__name__": "__main__", "__file__": path})


def lines_of(path):
    """JSON objects that a job printed, one a line."""
    for line in open(path, errors="replace"):
        try:
            found = json.loads(line) if line.startswith("{") else None
        except json.JSONDecodeError:
            found = None
        if found is not None:
            yield found


class Jobs:
    """Makes jobs: name, command, and what the environment has beside the usual."""

    def __init__(self, folder, programs, results):
        self.folder, self.programs, self.results = folder, programs, results

    def ours(self, name, *sections):
        command = [os.path.join(self.programs, "Liger.GpuBench"), *sections, "--json", os.path.join(self.results, f"{name}.json")]
        return name, command, {"CUDA_CACHE_DISABLE": "1"}

    def theirs(self, name, kinds, *sections):
        command = [sys.executable, os.path.abspath(__file__), "peers", os.path.join(self.folder, "peer_gpu.py"), kinds, *sections]
        return name, command, {"OUT": os.path.join(self.results, name)}

    def section(self, name):
        return name, [os.path.join(self.folder, "run"), name], {"PARTS": "10"}


def lanes(folder, programs, results):
    it = Jobs(folder, programs, results)
    return [
        [it.ours("ours-train", "train"), it.theirs("peers-train", "liger_gla", "train")],
        [it.ours("ours-decode", "decode", "prefill", "prefill-softmax"), it.theirs("peers-decode", "softmax,liger_gla", "decode"),
         it.theirs("peers-train-softmax", "softmax", "train")],
        [it.section("lab"), it.ours("ours-pieces", "pieces"), it.theirs("peers-kernels", "softmax,liger_gla", "ceil", "kern")],
        [it.section("tests"), it.section("sanitize"), it.ours("ours-once", "compile", "load")],
    ]


class Run:
    def __init__(self, folder, programs, results, seconds):
        self.start, self.end, self.results = time.time(), time.time() + seconds, results
        self.jobs, self.lock, self.folder = [], threading.Lock(), folder
        self.lanes = lanes(folder, programs, results)
        for name in [job[0] for lane in self.lanes for job in lane]:
            for old in (self.log(name), os.path.join(results, f"{name}.json")):
                if os.path.exists(old):
                    os.remove(old)

    def go(self):
        given = os.environ.get("CUDA_VISIBLE_DEVICES")
        listed = lambda: subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout.splitlines()
        cards = given.split(",") if given else [str(i) for i in range(len(listed()))]
        # With fewer cards than lanes some lanes share one: ours first, so that what takes longest is what is cut.
        rank = lambda job: 2 if job[0] == "ours-once" else job[0].startswith("peers")
        shared = [sorted((job for lane in self.lanes[i::len(cards)] for job in lane), key=rank) for i in range(len(cards))]
        threads = [threading.Thread(target=self.work, args=(card, jobs)) for card, jobs in zip(cards, shared)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return all(job["rc"] == 0 for job in self.jobs)

    def work(self, card, jobs):
        for name, command, extra in jobs:
            left, began = self.end - time.time(), time.time()
            job = dict(job=name, gpu=card, began=round(began - self.start), rc=None)
            if left > 5:
                # What checks rather than times makes room for what times.
                nice = ["nice", "-n", "10"] if name in ("tests", "sanitize") else []
                environment = {**os.environ, "CUDA_VISIBLE_DEVICES": card, "PYTHONUNBUFFERED": "1", "PYTHONPATH": os.path.abspath("peers"),
                               "RESULTS": self.results, **extra}
                if "OUT" in extra:
                    os.makedirs(extra["OUT"], exist_ok=True)
                with open(self.log(name), "w") as output:
                    process = subprocess.Popen(nice + command, stdout=output, stderr=subprocess.STDOUT, env=environment, process_group=0)
                    try:
                        job["rc"] = process.wait(timeout=left)
                    except subprocess.TimeoutExpired:
                        os.killpg(process.pid, 9)
                        process.wait()
            job["seconds"] = round(time.time() - began)
            with self.lock:
                self.jobs.append(job)
                print(json.dumps(job), flush=True)
                self.save()

    def log(self, name):
        return os.path.join(self.results, f"{name}.log")

    def save(self):
        """All that is there so far."""
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
        record = dict(what="ours and the published stack in one run, job by job on the same cards", when=now, machine=None, jobs=self.jobs, ours=[], peers=[])
        for job in self.jobs:
            name = job["job"]
            bench = os.path.join(self.results, f"{name}.json")
            if os.path.exists(bench):
                written = json.load(open(bench))
                record["machine"] = record["machine"] or written["machine"]
                record["ours"] += [{**figure, "gpu": job["gpu"]} for figure in written["figures"]]
            elif not os.path.exists(self.log(name)):
                continue
            elif name.startswith("peers"):
                record["peers"] += [{**line, "gpu": job["gpu"]} for line in lines_of(self.log(name))]
            elif name in ("tests", "sanitize"):
                found = [line.strip() for line in open(self.log(name), errors="replace") if " passed, " in line or " processes, " in line]
                record[name] = found[-1] if found else "no end"
        lab = os.path.join(self.results, "kernel-lab.json")
        if os.path.exists(lab):
            record["kernels"] = json.load(open(lab))
        path = os.path.join(self.results, "gpu-side-by-side.json")
        with open(path + ".tmp", "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
            file.write("\n")
        os.replace(path + ".tmp", path)


if __name__ == "__main__":
    if sys.argv[1] == "peers":
        peers(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        sys.exit(0 if Run(*sys.argv[1:4], float(sys.argv[4])).go() else 1)

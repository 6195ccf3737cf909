"""Versions of the kernels side by side: compiles all of them, then checks all at once, then times one after another.
`variants.py FOLDER… [--json FILE]`, a folder of sources for each version; without one, those in $KERNEL_VARIANTS. The record is written
after each step; what each check says goes beside it."""
import argparse
import multiprocessing
import os
import subprocess
import sys
import time

import kernels

HERE = os.path.dirname(os.path.abspath(__file__))
CHECK_SECONDS = 60


def compile_one(task):
    start = time.time()
    try:
        kernels.compiled(*task)
        return task, time.time() - start, None
    except Exception as error:
        return task, time.time() - start, str(error)


def compile_all(folders):
    """On all processors, before anything here touches the card."""
    tasks = [(folder, kernels.GATED, dim, gate) for dim in (128, 64) for gate in kernels.GATES for folder in folders]
    tasks += [(folder, kernels.WINDOW, dim, "") for dim in (128, 64) for folder in folders]
    with multiprocessing.get_context("fork").Pool(min(len(tasks), os.cpu_count())) as pool:
        return list(pool.imap_unordered(compile_one, tasks))


def check(folder, output):
    return subprocess.Popen([sys.executable, os.path.join(HERE, "check.py"), "quick"], env={**os.environ, "KERNEL_SOURCES": folder, "PYTHONUNBUFFERED": "1"},
                            stdout=output, stderr=subprocess.STDOUT)


def table(record, names):
    timed = [name for name in names if record[name].get("results")]
    print(" " * 34 + "".join(f"{name[:12]:>13s}" for name in timed))
    line = lambda title, values: print(f"{title:34s}" + "".join(f"{x:13.3f}" if x is not None else " " * 13 for x in values))
    for case in range(max((len(record[name]["results"]) for name in timed), default=0)):
        for what in ("forward", "both"):
            gate = record[timed[0]]["results"][case]["gate"]
            line(f"{gate} {what} ms", [record[name]["results"][case][what] for name in timed])
    for kernel in dict.fromkeys(k for name in timed for k in record[name]["results"][0]["kernels"]):
        found = [record[name]["results"][0]["kernels"].get(kernel) for name in timed]
        line(kernel, [x and x["ms"] for x in found])
        print("  registers, local bytes".ljust(34) + "".join(f"{x['registers']:6d} {x['local_bytes']:6d}" if x else " " * 13 for x in found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--json", default="kernel-lab.json", help="where the record goes")
    options = parser.parse_args()
    above, beside = os.environ.get("KERNEL_VARIANTS", ""), os.path.dirname(os.path.abspath(options.json))
    folders = options.folders or sorted(os.path.join(above, name) for name in os.listdir(above))
    names = [os.path.basename(os.path.normpath(folder)) for folder in folders]
    start, record = time.time(), {name: {} for name in names}
    step = lambda what: print(f"{time.time() - start:6.1f} s: {what}", flush=True)

    step(f"compiling {', '.join(names)}")
    for (folder, file, dim, gate), seconds, error in compile_all(folders):
        record[names[folders.index(folder)]].setdefault("compile_seconds", {})[f"{file} {dim} {gate}".strip()] = round(seconds, 2)
        if error is not None:
            print(f"{folder} {file} {dim} {gate}: {error}", flush=True)
    step("compiled; checking")
    import bench
    bench.save(record, options.json)
    outputs = [os.path.join(beside, f"kernel-check-{name}.txt") for name in names]
    checks = [check(folder, open(output, "w")) for folder, output in zip(folders, outputs)]
    for name, one, output in zip(names, checks, outputs):
        try:
            one.wait(timeout=max(1, CHECK_SECONDS - (time.time() - start)))
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
        record[name]["checked"] = one.returncode == 0
        lines = open(output).read().splitlines()
        print(f"{name}: {lines[-1][:240] if lines else 'nothing'}")
        print("\n".join(line[:240] for line in [line for line in lines if line.startswith("FAIL")][:3]), flush=True)
    bench.save(record, options.json)
    for name, folder in zip(names, folders):
        step(f"timing {name}")
        kernels.SOURCES = folder
        compiled = record[name]["compile_seconds"]
        try:
            record[name] |= bench.record(bench.FEW, name) | {"compile_seconds": compiled}
        except Exception as error:
            record[name]["error"] = str(error)
            print(f"{name}: {error}", flush=True)
        bench.save(record, options.json)
    step("done")
    table(record, names)
    print("  ".join(f"{name}: {'checked' if record[name]['checked'] else 'WRONG'}" for name in names))
    sys.exit(not all(one["checked"] and "error" not in one for one in record.values()))

"""Versions of the kernels side by side: checks all of them at once, then times one after another. `variants.py FOLDER… [--json FILE]`,
a folder of sources for each version; without one, those of $KERNEL_VARIANTS."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def start(program, sources, *arguments):
    return subprocess.Popen([sys.executable, os.path.join(HERE, program), *arguments], env={**os.environ, "KERNEL_SOURCES": sources, "PYTHONUNBUFFERED": "1"},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--json", help="where the record goes")
    options = parser.parse_args()
    above = os.environ.get("KERNEL_VARIANTS", "")
    folders = options.folders or sorted(os.path.join(above, name) for name in os.listdir(above))
    names = [os.path.basename(os.path.normpath(folder)) for folder in folders]
    checks = [start("check.py", folder, "quick") for folder in folders]
    record, kernels = {}, []
    for name, check in zip(names, checks):
        text = check.communicate()[0]
        print(f"{name}: {text.splitlines()[-1]}" if text else f"{name}: nothing")
        print("\n".join(line for line in text.splitlines() if not line.startswith("ok")))
        record[name] = dict(checked=check.returncode == 0)
    for name, folder in zip(names, folders):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            run = start("bench.py", folder, "--few", "--json", file.name, "--commit", name)
            text = run.communicate()[0]
            if run.returncode != 0:
                print(f"{name}: {text}")
                continue
            record[name] |= json.load(open(file.name, encoding="utf-8"))
        kernels += [k for k in record[name]["results"][0]["kernels"] if k not in kernels]
    timed = [name for name in names if "results" in record[name]]
    print("\n" + " " * 34 + "".join(f"{name[:12]:>13s}" for name in timed))
    for case in range(max((len(record[name]["results"]) for name in timed), default=0)):
        for what in ("forward", "both"):
            one = record[timed[0]]["results"][case]
            print(f"{one['gate'] + ' ' + what + ' ms':34s}" + "".join(f"{record[name]['results'][case][what]:13.3f}" for name in timed))
    for kernel in kernels:
        found = [record[name]["results"][0]["kernels"].get(kernel) for name in timed]
        print(f"{kernel:34s}" + "".join(f"{x['ms']:13.3f}" if x else " " * 13 for x in found))
    print("".join(f"{name}: {'checked' if record[name]['checked'] else 'WRONG'}  " for name in names))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
            file.write("\n")
    sys.exit(not all(x["checked"] for x in record.values()))

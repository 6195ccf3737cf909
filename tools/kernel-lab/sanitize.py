"""The GPU tests of all kernels under compute-sanitizer, small cases: memory, races, barriers, and reads of memory that nothing wrote.
`sanitize.py TESTS FOLDER`: TESTS is the program Liger.Gpu.Tests, FOLDER takes what each process says. As many at once as processors allow,
each with a limit of time. Ends with 0 when every process has ended and found nothing."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

SECONDS = int(os.environ.get("SANITIZE_SECONDS", 170))
TOOLS = ("racecheck", "memcheck", "synccheck", "initcheck")
# Other kernels, libtorch's, run as they are: except under initcheck, which must see who writes.
KERNELS = ("window_", "recurrence_", "rms_norm_", "swiglu_", "cross_entropy", "liger_step")
CASES = {
    "window": ["Window_and_mixture_equal_the_plain_form(64, 0,", "Window_and_mixture_equal_the_plain_form(65, 0,"],
    "window-far": ["Window_and_mixture_equal_the_plain_form(100, 0,", "Window_and_mixture_equal_the_plain_form(20, 70,"],
    **{f"{gate.lower()}-{dim}": [f"({gate}, {dim}, {tokens}" for tokens in ("65, True, False, 1)", "65, False, True, 1)")]
       for gate in ("Gla", "Hgrn2", "Given") for dim in (64, 128)},
    "fused": ["FusedKernelTests.Norm", "FusedKernelTests.Residual", "FusedKernelTests.The_gated", "FusedKernelTests.Cross"],
    "step": ["FusedKernelTests.A_step"],
}
# Under initcheck everything is slow, libtorch's kernels too.
FEW = ("window", "gla-64", "step")


def findings(text):
    """Errors that tools have counted, or None where the end is missing; under initcheck those in our kernels alone."""
    summary = re.findall(r"(?:ERROR SUMMARY: (\d+) error|RACECHECK SUMMARY: (\d+) hazard)", text)
    return max(int(a or b) for a, b in summary) if summary else None


def ours(text):
    """Reads of unwritten memory in kernels of this project."""
    return len(re.findall(r"Uninitialized[^\n]*\n[^\n]* at (?:\w+ )?(?:" + "|".join(KERNELS) + ")", text))


def run(job):
    tool, name, sanitizer, tests, folder = job
    options = ["--tool", tool, "--report-api-errors", "no", "--print-limit", "1000"]
    if tool != "initcheck":
        options += [part for kernel in KERNELS for part in ("--kernel-name", "kns=" + kernel)]
    start, path = time.time(), os.path.join(folder, f"sanitize-{tool}-{name}.txt")
    # Every tensor is an allocation of its own, so that the next one does not hide what reaches over its end.
    environment = {**os.environ, "PYTORCH_NO_CUDA_MEMORY_CACHING": "1", "OMP_NUM_THREADS": "1"}
    with open(path, "w") as output:
        command = [sanitizer, *options, tests, *CASES[name]]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, process_group=0)
        try:
            process.wait(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()
    text = open(path, errors="replace").read()
    found = findings(text)
    if tool == "initcheck" and found is not None:
        found = ours(text)
    passed = re.search(r"(\d+) passed, (\d+) failed", text)
    counted = dict(passed=int(passed[1]), failed=int(passed[2])) if passed else dict(passed=0, failed=None)
    return dict(tool=tool, cases=name, seconds=round(time.time() - start), errors=found, **counted)


def main(tests, folder):
    sanitizer = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
    if sanitizer is None:
        print("sanitize: compute-sanitizer is not on the PATH nor in /usr/local/cuda/bin. Install the CUDA toolkit's package of that name.")
        return 3
    jobs = [(tool, name, sanitizer, tests, folder) for tool in TOOLS for name in (FEW if tool == "initcheck" else CASES)]
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("SANITIZE_PROCESSES", min(32, os.cpu_count())))) as pool:
        results = []
        for one in pool.map(run, jobs):
            print(" ".join(f"{key}={value}" for key, value in one.items()), flush=True)
            results.append(one)
    errors, unfinished = sum(one["errors"] or 0 for one in results), [one for one in results if one["errors"] is None or not one["passed"]]
    failed = sum(one["failed"] or 0 for one in results)
    passed = sum(one["passed"] for one in results)
    print(f"{len(results)} processes, {passed} tests under the tools: {errors} errors, {failed} tests failed, {len(unfinished)} processes without an end")
    return 0 if errors == 0 and failed == 0 and not unfinished else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))

"""One forward and one backward pass, for ncu."""
import bench
bench.median = lambda action, repeats=0: action()
bench.graph = lambda action: action
bench.case(8, 1024)

// Tests count live tensors, of which there is one counter a process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

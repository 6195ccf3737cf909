// Tensors are counted process-wide and belong to one thread.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

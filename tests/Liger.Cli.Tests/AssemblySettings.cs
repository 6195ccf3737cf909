using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TorchSharp;

// All tensor work happens on one thread at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Liger.Cli.Tests;

internal static class AssemblySettings
{
    /// <summary>The models of these tests are so small that threads would only wait for each other.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Settings of the test process.")]
    internal static void OneThread() => torch.set_num_threads(1);
}

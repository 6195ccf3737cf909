using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace Liger.Training.Tests;

internal static class AssemblySettings
{
    /// <summary>The models of these tests are so small that threads would only wait for each other.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Settings of the test process.")]
    internal static void OneThread() => torch.set_num_threads(1);
}

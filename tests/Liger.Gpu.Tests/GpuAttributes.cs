namespace Liger.Gpu.Tests;

/// <summary>A fact that runs only where there is a GPU, and says so where not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuFactAttribute : FactAttribute
{
    public GpuFactAttribute() => Skip = Gpu.Missing;
}

/// <summary>A theory that runs only where there is a GPU, and says so where not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuTheoryAttribute : TheoryAttribute
{
    public GpuTheoryAttribute() => Skip = Gpu.Missing;
}

/// <summary>The GPU the tests run on.</summary>
internal static class Gpu
{
    internal static string? Missing { get; } = cuda.is_available() ? null : "needs a GPU; tools/device-run says how to run these tests on one";

    internal static Device Device => device("cuda:0");
}

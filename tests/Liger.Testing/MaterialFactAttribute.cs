using Xunit;

namespace Liger.Testing;

/// <summary>A fact that runs only where the named files or folders of the test material exist, and says so where not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MaterialFactAttribute : FactAttribute
{
    public MaterialFactAttribute(params string[] needed) => Skip = Material.Missing(needed);
}

/// <summary>A theory that runs only where the named files or folders of the test material exist, and says so where not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class MaterialTheoryAttribute : TheoryAttribute
{
    public MaterialTheoryAttribute(params string[] needed) => Skip = Material.Missing(needed);
}

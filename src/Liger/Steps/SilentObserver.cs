namespace Liger.Steps;

/// <summary>Listens to nothing.</summary>
public sealed class SilentObserver : IStepObserver
{
    /// <summary>The one instance.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void Say(string message) { }

    /// <inheritdoc/>
    public void Report(StepProgress progress) { }
}

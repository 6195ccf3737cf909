namespace Liger.Steps;

/// <summary>Told how a step gets on. Called on the thread that runs the step.</summary>
public interface IStepObserver
{
    /// <summary>Something worth a line of its own: a fallback that was taken, a file that was written.</summary>
    void Say(string message);

    /// <summary>How far the work has come; called often, so it must be quick.</summary>
    void Report(StepProgress progress);
}

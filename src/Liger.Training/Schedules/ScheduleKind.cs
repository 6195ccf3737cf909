namespace Liger.Training;

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine from the highest to the lowest rate over the remaining steps.</summary>
    Cosine,

    /// <summary>The highest rate throughout.</summary>
    Constant,

    /// <summary>Multiplied by a factor whenever the validation loss has not improved for a while (torch's ReduceLROnPlateau).</summary>
    Plateau,
}

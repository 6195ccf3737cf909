namespace Liger.Training;

/// <summary>
/// The learning rate of every optimizer step: a linear warm-up, then constant, cosine or plateau.
/// <para>With s steps done, S steps in all, w of warm-up and rates h (highest) and l (lowest): for s &lt; w the next step has
/// h·(s+1)/w; after that cosine has l + (h−l)·½(1 + cos π(s−w)/(S−w)), so no step is spent at a rate of 0.</para>
/// <para>Source: the plateau form follows torch.optim.lr_scheduler.ReduceLROnPlateau (mode min, relative threshold, no cooldown).</para>
/// </summary>
public sealed class Schedule
{
    /// <summary>A plateau's reduction smaller than this is left out (torch's eps).</summary>
    private const double SmallestChange = 1e-8;

    private readonly ScheduleOptions options;
    private readonly long steps;

    /// <summary>Creates the schedule at its beginning.</summary>
    /// <param name="options">Rates and form.</param>
    /// <param name="steps">Optimizer steps of the whole run.</param>
    public Schedule(ScheduleOptions options, long steps)
    {
        this.options = options;
        this.steps = steps;
        State = new PlateauState(options.LearningRate, null, 0);
    }

    /// <summary>What has to be kept to go on after a restart.</summary>
    public PlateauState State { get; set; }

    /// <summary>The learning rate of the next step.</summary>
    /// <param name="done">Optimizer steps already done.</param>
    public double Rate(long done)
    {
        var rising = done < options.Warmup ? (done + 1.0) / options.Warmup : 1;
        return rising * options.Kind switch
        {
            ScheduleKind.Constant => options.LearningRate,
            ScheduleKind.Plateau => State.Rate,
            _ => Cosine(done),
        };
    }

    /// <summary>Tells the schedule of a validation; only the plateau form listens.</summary>
    /// <param name="loss">The validation loss, nats per token.</param>
    public void Observe(double loss)
    {
        if (options.Kind != ScheduleKind.Plateau)
            return;
        var (rate, best, waited) = State;
        if (best is null || loss < best * (1 - options.PlateauThreshold))
            (best, waited) = (loss, 0);
        else if (++waited > options.PlateauPatience)
        {
            var lower = Math.Max(rate * options.PlateauFactor, options.LowestLearningRate);
            (rate, waited) = (rate - lower > SmallestChange ? lower : rate, 0);
        }
        State = new PlateauState(rate, best, waited);
    }

    private double Cosine(long done)
    {
        if (done < options.Warmup)
            return options.LearningRate;
        var share = (double)(done - options.Warmup) / Math.Max(1, steps - options.Warmup);
        var (high, low) = (options.LearningRate, options.LowestLearningRate);
        return low + (high - low) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, share)));
    }
}

namespace Liger.Bench.Workers;

/// <summary>One side's work, loaded and ready to be done again and again.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Does one unit after another until it is told to end; waits between them when it is the other side's turn.</summary>
    void Run(Turns turns);
}

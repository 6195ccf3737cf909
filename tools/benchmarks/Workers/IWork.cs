using System.Text.Json.Nodes;

namespace Liger.Bench.Workers;

/// <summary>One side's work, loaded and ready to be done again and again.</summary>
internal interface IWork : IDisposable
{
    /// <summary>Does it once.</summary>
    /// <returns>What came out, to be compared with the other side.</returns>
    JsonObject Unit();
}

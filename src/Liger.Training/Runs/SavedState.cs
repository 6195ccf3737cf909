using System.Globalization;
using Liger.Checkpoints;

namespace Liger.Training;

/// <summary>
/// One saved state: a folder named after its step with <c>weights.safetensors</c>, <c>optimizer.safetensors</c> (both fp32) and
/// <c>state.json</c>. It is written beside and renamed when it is complete and on the disk, and only then are earlier ones
/// deleted: whenever a process is killed, the folder of the highest step is whole.
/// </summary>
internal sealed class SavedState
{
    private const string StepName = "D9";
    private readonly string folder;

    private SavedState(string folder) => this.folder = folder;

    public string WeightsPath => Path.Combine(folder, "weights.safetensors");

    public string MomentsPath => Path.Combine(folder, "optimizer.safetensors");

    private string CountersPath => Path.Combine(folder, "state.json");

    public static SavedState? Latest(string states)
    {
        var newest = Steps(states).LastOrDefault();
        return newest is null ? null : new SavedState(newest);
    }

    /// <summary>Saves a state; when that fails, the earlier one stays.</summary>
    /// <param name="states">The folder of states.</param>
    /// <param name="state">Counters.</param>
    /// <param name="parameters">Weights and moments.</param>
    /// <param name="operation">Told of every operation before it is done; tests make it fail there.</param>
    public static void Write(string states, TrainerState state, ParameterSet parameters, Action<string>? operation = null)
    {
        var name = Path.Combine(states, state.Step.ToString(StepName, CultureInfo.InvariantCulture));
        if (Directory.Exists(name))
            return;
        operation?.Invoke("create state folder");
        using (var folder = AtomicFolder.Create(name, overwrite: false))
        {
            var partial = new SavedState(folder.Path);
            operation?.Invoke("write weights");
            parameters.Save(partial.WeightsPath, partial.MomentsPath);
            operation?.Invoke("write counters");
            AtomicFile.Write(partial.CountersPath, state.ToJson());
            operation?.Invoke("commit state");
            folder.Commit();
        }
        foreach (var old in Steps(states).Where(folder => folder != name))
        {
            operation?.Invoke("delete old state");
            Directory.Delete(old, recursive: true);
        }
    }

    public TrainerState Counters() => TrainerState.Read(CountersPath);

    private static IEnumerable<string> Steps(string states) => Directory.Exists(states)
        ? Directory.GetDirectories(states).Where(folder => long.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _)).Order(StringComparer.Ordinal)
        : [];
}

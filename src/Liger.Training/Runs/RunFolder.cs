namespace Liger.Training;

/// <summary>
/// The trainer's part of a run folder: <c>metrics.jsonl</c>, <c>best/</c> and <c>last/</c> (checkpoints that can be used by
/// themselves) and <c>state/</c> (what a resumed run continues from). Other files in the folder are left alone. A run of several stages has the
/// latter three of each stage under <c>stages/NAME/</c>, and one <c>metrics.jsonl</c> for all.
/// </summary>
public sealed class RunFolder
{
    private const string Partial = ".tmp", Stages = "stages";

    private RunFolder(string path)
    {
        Path = path;
        MetricsPath = System.IO.Path.Combine(path, "metrics.jsonl");
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>One JSON object a line: every optimizer step and every validation.</summary>
    public string MetricsPath { get; private init; }

    /// <summary>The stage whose folder this is, as metrics name it; null in a run of one stage.</summary>
    public string? StageName { get; private init; }

    /// <summary>The stages before this one.</summary>
    internal IReadOnlyList<string> EarlierStages { get; private init; } = [];

    /// <summary>The best checkpoint: that of the lowest validation loss, unless <see cref="TrainerOptions.Best"/> says otherwise.</summary>
    public string BestPath => System.IO.Path.Combine(Path, "best");

    /// <summary>The latest checkpoint.</summary>
    public string LastPath => System.IO.Path.Combine(Path, "last");

    internal string StatePath => System.IO.Path.Combine(Path, "state");

    /// <summary>Prepares the folder of a new run.</summary>
    /// <param name="path">The folder; made when it is missing.</param>
    /// <param name="overwrite">Whether an earlier run in it is deleted.</param>
    /// <exception cref="TrainingException">The folder holds a run and may not be overwritten, or it cannot be written.</exception>
    public static RunFolder Create(string path, bool overwrite = false) => Guard(path, folder =>
    {
        Directory.CreateDirectory(path);
        if (folder.HoldsRun && !overwrite)
            throw new TrainingException($"{path}: holds a run already. Go on with it by --resume, replace it by --overwrite, or choose another folder.");
        if (File.Exists(folder.MetricsPath))
            File.Delete(folder.MetricsPath);
        foreach (var old in new[] { folder.StatePath, folder.BestPath, folder.LastPath, System.IO.Path.Combine(path, Stages) })
            if (Directory.Exists(old))
                Directory.Delete(old, recursive: true);
        folder.Clean();
    });

    /// <summary>Opens the folder of a run to be resumed; one that was stopped before its first save starts from its beginning.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="TrainingException">There is no such folder, or it cannot be written.</exception>
    public static RunFolder Resume(string path) => Guard(path, folder =>
    {
        if (!Directory.Exists(path))
            throw new TrainingException($"{path}: there is no such folder to resume from. Check the path or start the run without resuming.");
        folder.Clean();
    });

    /// <summary>The folder of one stage of this run, for a trainer of its own; what an interrupted stage left there is kept.</summary>
    /// <param name="name">The stage.</param>
    /// <param name="earlier">The stages before it, whose metrics stay.</param>
    /// <exception cref="TrainingException">It cannot be written.</exception>
    public RunFolder Stage(string name, IReadOnlyList<string> earlier)
    {
        var stage = new RunFolder(System.IO.Path.Combine(Path, Stages, name)) { MetricsPath = MetricsPath, StageName = name, EarlierStages = earlier };
        return Guard(stage, folder =>
        {
            Directory.CreateDirectory(folder.Path);
            folder.Clean();
        });
    }

    /// <summary>The complete saved state of the highest step; null when nothing was saved yet.</summary>
    internal SavedState? LatestState() => SavedState.Latest(StatePath);

    private bool HoldsRun => Directory.Exists(System.IO.Path.Combine(Path, Stages)) || File.Exists(MetricsPath) || Directory.Exists(StatePath) || Directory.Exists(BestPath) || Directory.Exists(LastPath);

    private static RunFolder Guard(string path, Action<RunFolder> prepare) => Guard(new RunFolder(path), prepare);

    private static RunFolder Guard(RunFolder folder, Action<RunFolder> prepare)
    {
        try
        {
            prepare(folder);
            Directory.CreateDirectory(folder.StatePath);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{folder.Path}: cannot be used as a run folder — {e.Message} Choose a folder that can be written.", e);
        }
    }

    /// <summary>Deletes what a killed process left half-written.</summary>
    private void Clean()
    {
        foreach (var folder in new[] { Path, StatePath }.Where(Directory.Exists))
            foreach (var left in Directory.GetDirectories(folder, ".*" + Partial))
                Directory.Delete(left, recursive: true);
    }
}

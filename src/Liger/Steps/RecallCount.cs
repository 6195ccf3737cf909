using Liger.Text;

namespace Liger.Steps;

/// <summary>Counts recall data on its way into a file.</summary>
internal sealed class RecallCount
{
    private const int Between = 64;
    private readonly string path;
    private readonly long total;
    private readonly IStepObserver observer;
    private readonly CancellationToken stop;
    private long count, tokens, answers, answerTokens;

    /// <param name="path">The file; what it needs is checked at once.</param>
    /// <param name="overwrite">Whether one that lies there is replaced.</param>
    /// <param name="total">How many there will be.</param>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Ends the work between two of them.</param>
    /// <exception cref="LigerException">The file lies there already, or cannot be written.</exception>
    internal RecallCount(string path, bool overwrite, long total, IStepObserver observer, CancellationToken stop)
    {
        if (File.Exists(path) && !overwrite)
            throw new LigerException($"{path}: is there already. Replace it by --overwrite, or choose another name.", ExitCode.WrongUse);
        if (total < 1)
            throw new LigerException("nothing is to be made — expected at least one distance or size, and at least one of each. Give --distances or --pairs.", ExitCode.WrongUse);
        OutputFolder.CheckWritable(Path.GetDirectoryName(Path.GetFullPath(path))!);
        (this.path, this.total, this.observer, this.stop) = (path, total, observer, stop);
    }

    internal IEnumerable<RecallWindow> Each(IEnumerable<RecallWindow> windows) =>
        windows.Select(window => Add(window, window.Ids.Length, window.Answers.Count, window.Answers.Sum(answer => answer.Length)));

    internal IEnumerable<NeedleCase> Each(IEnumerable<NeedleCase> cases) =>
        cases.Select(one => Add(one, one.PromptIds.Count + one.AnswerIds.Count, 1, one.AnswerIds.Count));

    internal RecallDataResult Result(long? textTokens, TimeSpan time) => new()
    {
        Out = path,
        Count = count,
        Tokens = tokens,
        Answers = answers,
        AnswerTokens = answerTokens,
        TextTokens = textTokens,
        Seconds = time.TotalSeconds,
    };

    private T Add<T>(T one, int length, int asked, int askedTokens)
    {
        stop.ThrowIfCancellationRequested();
        (count, tokens, answers, answerTokens) = (count + 1, tokens + length, answers + asked, answerTokens + askedTokens);
        if (count % Between == 0 || count == total)
            observer.Report(new StepProgress("making", count, total));
        return one;
    }
}

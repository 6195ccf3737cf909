using System.Diagnostics;
using Liger.Text;

namespace Liger.Steps;

/// <summary>Makes cases of multi-query associative recall.</summary>
/// <param name="options">Which.</param>
public sealed class AssociativeDataStep(AssociativeDataOptions options)
{
    /// <summary>Makes them and writes the file.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Ends the work between two cases; no file is left.</param>
    /// <exception cref="LigerException">The file lies there already, or cannot be written.</exception>
    public RecallDataResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var clock = Stopwatch.StartNew();
        var count = new RecallCount(options.Out, options.Overwrite, (long)options.Cases * options.Pairs.Count, observer, stop);
        var tokenizer = TokenizerFolder.Load(options.Tokenizer);
        var words = options.Words is null ? null : RecallTemplates.Lines(options.Words);
        var recall = new AssociativeRecall(tokenizer, Enum.Parse<AssociativeKind>(options.Kind, ignoreCase: true), options.Seed, words);
        var cases = recall.Of(options.Pairs, options.Cases, options.Queries);
        RecallFile.Write(options.Out, count.Each(cases), tokenizer, onlyAnswers: true);
        return count.Result(null, clock.Elapsed);
    }
}

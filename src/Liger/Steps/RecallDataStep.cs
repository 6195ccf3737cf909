using System.Diagnostics;
using Liger.Text;

namespace Liger.Steps;

/// <summary>Makes recall data over a text: windows to train on, or cases to evaluate with.</summary>
/// <param name="options">Which, and over which text.</param>
public sealed class RecallDataStep(RecallDataOptions options)
{
    /// <summary>Makes them and writes the file.</summary>
    /// <param name="observer">Told how it gets on.</param>
    /// <param name="stop">Ends the work between two of them; no file is left.</param>
    /// <exception cref="LigerException">The file lies there already, or cannot be written.</exception>
    public RecallDataResult Run(IStepObserver observer, CancellationToken stop = default)
    {
        var clock = Stopwatch.StartNew();
        if (options.Windows is null == options.Cases is null)
            throw new LigerException("expected either windows (or tokens) to train on or cases to evaluate with. Give --windows N, --tokens N, or --cases N.", ExitCode.WrongUse);
        var total = options.Windows ?? ((long)options.Cases! * options.Distances.Count);
        var count = new RecallCount(options.Out, options.Overwrite, total, observer, stop);
        var recall = new RecallOptions
        {
            Context = options.Context,
            Seed = options.Seed,
            Templates = RecallTemplates.Load(options.Templates, options.Keys),
            ListShare = options.Lists,
            FarShare = options.Far,
        };
        var tokenizer = TokenizerFolder.Load(options.Tokenizer);
        observer.Say($"reading {string.Join(", ", options.Text)}");
        var reading = new TextDataOptions { EndToken = false };
        var documents = options.Text.SelectMany(file => TextData.Load(file, tokenizer, reading)).Select(document => document.Ids);
        var text = RecallText.Of(documents, tokenizer, apart: true);
        if (options.Windows is { } windows)
        {
            var made = new RecallWindows(text, recall);
            RecallFile.Write(options.Out, count.Each(Numbers(windows).Select(number => made[number])), tokenizer, options.OnlyAnswers);
        }
        else
        {
            NeedleFile.Write(options.Out, count.Each(new RecallCases(text, recall).Of(options.Distances, options.Cases!.Value)));
        }
        return count.Result(text.Length, clock.Elapsed);
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (long number = 0; number < count; number++)
            yield return number;
    }
}

using Liger.Recipes;
using Liger.Text;
using Liger.Training;

namespace Liger.Steps;

/// <summary>The early signs that a stage asks for.</summary>
internal static class EarlySigns
{
    /// <summary>Of the context: how far back the made cases ask.</summary>
    private static readonly double[] Distances = [0.125, 0.25, 0.5, 0.75];

    /// <param name="signs">What is asked for.</param>
    /// <param name="data">The stage's data.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="loaded">The model.</param>
    /// <exception cref="LigerException">Cases are to be made and no text is held out.</exception>
    internal static List<IEarlySign> Of(SignsSection signs, DataSection data, TrainingRows rows, LoadedModel loaded)
    {
        var list = new List<IEarlySign>();
        if (signs.NeedleFile is { } file)
            list.Add(new RecallSign(SignsSection.Needles, loaded.Model, Some(NeedleFile.Read(file, loaded.Tokenizer), signs.NeedleCases)));
        if (signs.RecallCases == 0)
            return list;
        if (rows.Validation.Count == 0)
            throw new LigerException("train.recall_cases: no text is held out to make cases over — expected data.validation or data.validation_rows.", ExitCode.WrongUse);
        var cases = (data.Recall ?? new RecallSection()).Cases(rows.Validation, loaded.Tokenizer, data.Context, Distances.Select(part => (int)(part * data.Context)), signs.RecallCases);
        list.Add(new RecallSign(SignsSection.Recall, loaded.Model, cases));
        return list;
    }

    /// <summary>About a number of cases, the same share of every distance; 0 takes all.</summary>
    private static IReadOnlyList<NeedleCase> Some(IReadOnlyList<NeedleCase> cases, int count) => count == 0 || count >= cases.Count ? cases :
        [.. cases.GroupBy(one => one.Distance).SelectMany(alike => alike.Take((int)Math.Ceiling((double)count * alike.Count() / cases.Count)))];
}

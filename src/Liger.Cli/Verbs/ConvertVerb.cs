using System.CommandLine;
using System.Globalization;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger convert": replaces the attention of a checkpoint.</summary>
internal static class ConvertVerb
{
    internal static Command Create(VerbContext context)
    {
        var source = new Argument<string>("SRC") { Description = "The checkpoint to convert: a Hugging Face folder of the Llama family." };
        var to = Options.Required("--to", "DST", "The folder to write.");
        var mixer = new MixerArguments();
        var keep = new KeepArguments();
        var link = new Option<bool>("--link") { Description = "Link the weight files instead of copying them: no space, but both folders change together." };
        var overwrite = Options.Overwrite("the checkpoint");
        var json = Options.Json();
        var command = new Command("convert", "Replaces the attention of a checkpoint by a token mixer; its tensors stay byte for byte what they are.") { source, to };
        mixer.AddTo(command);
        keep.AddTo(command);
        foreach (var option in (Option[])[link, overwrite, json]) command.Add(option);
        command.SetAction(parsed =>
        {
            var step = new ConvertStep(new ConvertOptions
            {
                Source = parsed.GetRequiredValue(source),
                To = parsed.GetRequiredValue(to),
                Mixer = mixer.Name(parsed),
                MixerOptions = mixer.Given(parsed),
                Keep = keep.Of(parsed),
                Link = parsed.GetValue(link),
                Overwrite = parsed.GetValue(overwrite),
            });
            var result = ProgressDisplay.Run(context.Terminal, observer => step.Run(observer, context.Stop));
            context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.ConvertResult) + "\n" : Report(result));
            return (int)ExitCode.Done;
        });
        return command;
    }

    internal static string Report(ConvertResult result)
    {
        var facts = new FactList()
            .Add("folder", result.Folder)
            .Add("model type", $"{result.SourceModelType} → {result.ModelType}")
            .Add("tensors", $"{Quantity.Count(result.Tensors)}, {Quantity.Bytes(result.WeightBytes)} {(result.Linked ? "linked" : "copied")} byte for byte, {Quantity.Count(result.NewParameters)} new parameters")
            .Add("time", Quantity.Time(TimeSpan.FromSeconds(result.Seconds)));
        var layers = new TextTable("layer", "before", "after", "note") { TextColumns = 4 };
        foreach (var group in Runs(result.Layers))
            layers.Add(group.Name, group.Layer.Before, group.Layer.After, group.Layer.Note);
        IEnumerable<string> parts =
        [
            facts.ToString(),
            .. result.Ranking is { } ranking ? [Ranking(ranking, result.Keep.BestLayers is not null)] : Array.Empty<string>(),
            .. result.Budget is { } budget ? [BudgetTable.Text(budget)] : Array.Empty<string>(),
            layers.ToString(),
        ];
        return string.Join('\n', parts);
    }

    private static string Ranking(RankedPlaces ranking, bool layers)
    {
        var table = new TextTable(layers ? "softmax in layer" : "softmax in head", "restores", "KL", "KL of recalls", "recall");
        foreach (var place in ranking.Places) Add(place);
        Add(ranking.Nowhere with { Place = "nowhere" });
        Add(new RankedPlace("everywhere", 1, 0, 0, ranking.OriginalRecall));
        return table.ToString();

        void Add(RankedPlace place) => table.Add(place.Place, Share(place.Restored), Nats(place.KlDivergence), Nats(place.RecallKlDivergence), Share(place.Recall));
    }

    private static string Share(double value) => value.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Nats(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>Neighbours that changed alike share a line: "0-31".</summary>
    private static IEnumerable<(string Name, ConvertedLayer Layer)> Runs(IReadOnlyList<ConvertedLayer> layers)
    {
        for (var from = 0; from < layers.Count;)
        {
            var to = from;
            while (to + 1 < layers.Count && layers[to + 1] with { Layer = layers[from].Layer } == layers[from]) to++;
            yield return (from == to ? Number(from) : $"{Number(from)}-{Number(to)}", layers[from]);
            from = to + 1;
        }
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

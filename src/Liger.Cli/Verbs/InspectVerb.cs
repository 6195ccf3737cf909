using System.CommandLine;
using System.Globalization;
using Liger.Cli.Display;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>"liger inspect": says what a checkpoint holds.</summary>
internal static class InspectVerb
{
    internal static Command Create(VerbContext context)
    {
        var model = new ModelArguments();
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor." };
        var json = Options.Json();
        var command = new Command("inspect", "Shows what a checkpoint holds: architecture, parameters, tensors, memory.") { tensors };
        model.AddTo(command);
        var gates = Options.Maybe("--gates", "TEXT", "Show instead how long the gates remember while the model reads this file, and the window's share of the output.");
        var window = Options.Whole("--context", GatesOptions.DefaultContext, 1, 1 << 20, "Tokens of a window, with --gates; four are read.");
        var pictures = Options.Maybe("--pictures", "DIR", "Draw them there as SVG, with --gates.");
        foreach (var option in (Option[])[gates, window, pictures, json]) command.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(gates) is not null) return;
            foreach (var option in model.Computing.Concat([window, pictures]).Where(option => result.GetResult(option) is { Implicit: false }))
                result.AddError($"{option.Name} needs --gates: without it no weight is read.");
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(gates) is { } text)
            {
                var step = new GatesStep(new GatesOptions { Model = model.Of(parsed), Text = text, Context = parsed.GetValue(window), Pictures = parsed.GetValue(pictures) });
                var looked = ProgressDisplay.Run(context.Terminal, step.Run);
                context.Terminal.Output.Write(parsed.GetValue(json) ? ResultJson.Write(looked, ResultJson.Default.GatesResult) + "\n" : GatesTable.Of(looked));
                return (int)ExitCode.Done;
            }
            var result = new InspectStep(model.Of(parsed).Checkpoint).Run();
            context.Terminal.Output.Write(
                parsed.GetValue(json) ? ResultJson.Write(result, ResultJson.Default.InspectResult) + "\n"
                : Facts(result) + "\n" + Memory(result) + (parsed.GetValue(tensors) ? "\n" + Tensors(result) : ""));
            return (int)ExitCode.Done;
        });
        return command;
    }

    private static string Facts(InspectResult result) => new FactList()
        .Add("folder", result.Folder)
        .Add("model type", $"{result.ModelType} (family {result.Family})")
        .Add("token mixer", result.Mixer)
        .Add("layers", Number(result.Layers))
        .Add("width", string.Create(CultureInfo.InvariantCulture, $"{result.HiddenSize}, feed-forward {result.IntermediateSize}"))
        .Add("heads", string.Create(CultureInfo.InvariantCulture, $"{result.Heads} query, {result.KvHeads} key and value, {result.HeadDim} wide"))
        .Add("vocabulary", Quantity.Count(result.Vocabulary) + (result.TiedHead ? ", head tied to the embedding" : ", head of its own"))
        .Add("context", $"{Quantity.Count(result.Context)} tokens")
        .Add("parameters", Quantity.Count(result.Parameters) + (result.MixerParameters > 0 ? $", {Quantity.Count(result.MixerParameters)} of them the mixers'" : ""))
        .Add("tensors", $"{Quantity.Count(result.Tensors.Count)}: " + string.Join(", ", result.Tensors.GroupBy(t => t.Dtype).Select(g => $"{Quantity.Count(g.Count())} {g.Key}")))
        .Add("weights", $"{Quantity.Bytes(result.WeightBytes)} in {string.Join(", ", result.Files)}")
        .Add("softmax cache", $"{Quantity.Bytes(result.CacheBytesPerToken)} a token, {Quantity.Bytes((double)result.CacheBytesPerToken * result.Context)} at full context")
        .ToString();

    private static string Memory(InspectResult result)
    {
        var table = new TextTable("tokens of context", "memory of a sequence", "softmax") { TextColumns = 0 };
        foreach (var at in result.Memory) table.Add(Quantity.Count(at.Tokens), Quantity.Bytes(at.Bytes), Quantity.Bytes(at.SoftmaxBytes));
        return result.BreakEvenTokens is { } tokens ? $"{table}no more than softmax from {Quantity.Count(tokens)} tokens on\n" : table.ToString();
    }

    private static string Tensors(InspectResult result)
    {
        var table = new TextTable("tensor", "type", "shape", "size");
        foreach (var tensor in result.Tensors) table.Add(tensor.Name, tensor.Dtype, string.Join("×", tensor.Shape.Select(n => Number(n))), Quantity.Bytes(tensor.Bytes));
        return table.ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}

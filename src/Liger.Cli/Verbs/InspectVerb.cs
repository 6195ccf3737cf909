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
        var checkpoint = new Argument<string>("CKPT") { Description = "A checkpoint: a Hugging Face folder, converted or not." };
        var tensors = new Option<bool>("--tensors") { Description = "List every tensor." };
        var json = Options.Json();
        var command = new Command("inspect", "Shows what a checkpoint holds: architecture, parameters, tensors, memory.") { checkpoint, tensors, json };
        command.SetAction(parsed =>
        {
            var result = new InspectStep(parsed.GetRequiredValue(checkpoint)).Run();
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

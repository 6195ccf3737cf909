using System.CommandLine;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>CKPT, --adapter, --dtype and --device, of every verb that computes with a checkpoint.</summary>
internal sealed class ModelArguments
{
    private readonly Argument<string> checkpoint = new("CKPT") { Description = "A checkpoint: a Hugging Face folder, converted or not." };
    private readonly Option<string> adapter = new("--adapter") { Description = "An adapter in PEFT's format that is put on it.", HelpName = "DIR" };
    private readonly Option<string> dtype = Options.Choice("--dtype", "auto", "The arithmetic: float32, bfloat16, or auto: float32 on a CPU, as stored on a GPU.", "auto", "float32", "bfloat16");
    private readonly Option<string> device = Options.Text("--device", "DEVICE", "auto", "auto (a GPU if there is one), cpu, cuda or cuda:N.");

    internal void AddTo(Command command, bool adapterRequired = false)
    {
        adapter.Required = adapterRequired;
        command.Add(checkpoint);
        command.Add(adapter);
        command.Add(dtype);
        command.Add(device);
    }

    /// <summary>What only concerns those who compute.</summary>
    internal IEnumerable<Option> Computing => [adapter, dtype, device];

    internal ModelOptions Of(ParseResult parsed) => new()
    {
        Checkpoint = parsed.GetRequiredValue(checkpoint),
        Adapter = parsed.GetValue(adapter),
        Dtype = parsed.GetRequiredValue(dtype),
        Device = parsed.GetRequiredValue(device),
    };
}

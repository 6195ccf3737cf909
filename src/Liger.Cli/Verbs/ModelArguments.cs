using System.CommandLine;
using Liger.Steps;

namespace Liger.Cli.Verbs;

/// <summary>CKPT, --adapter, --dtype and --device, of every verb that computes with a checkpoint.</summary>
internal sealed class ModelArguments
{
    private readonly Argument<string> _checkpoint = new("CKPT") { Description = "A checkpoint: a Hugging Face folder, converted or not." };
    private readonly Option<string> _adapter = new("--adapter") { Description = "An adapter in PEFT's format that is put on it.", HelpName = "DIR" };
    private readonly Option<string> _dtype = Options.Choice("--dtype", "auto", "The arithmetic: float32, bfloat16, or auto: float32 on a CPU, as stored on a GPU.", "auto", "float32", "bfloat16");
    private readonly Option<string> _device = Options.Text("--device", "DEVICE", "auto", "auto (a GPU if there is one), cpu, cuda or cuda:N.");

    internal void AddTo(Command command, bool adapterRequired = false)
    {
        _adapter.Required = adapterRequired;
        command.Add(_checkpoint);
        command.Add(_adapter);
        command.Add(_dtype);
        command.Add(_device);
    }

    internal ModelOptions Of(ParseResult parsed) => new()
    {
        Checkpoint = parsed.GetRequiredValue(_checkpoint),
        Adapter = parsed.GetValue(_adapter),
        Dtype = parsed.GetRequiredValue(_dtype),
        Device = parsed.GetRequiredValue(_device),
    };
}
